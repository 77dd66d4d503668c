"""`twinproof environment add` writes the input and the lock of an environment, or nothing."""

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.copies import commands, must, run_in
from twinproof.base.errors import UserError
from twinproof.cli import main
from twinproof.environments import adding
from twinproof.environments.adding import add_environment, describe, read_requirements
from twinproof.environments.environment import LOCKS, Environment
from twinproof.environments.releases import TENSORFLOW, name_for

LOCK = f"keras==3.9.2 --hash=sha256:{'a' * 64}"
# Stands in for uv: it copies its input to a file, and writes a fixed lock or a complaint.
UV = f"""#!{shutil.which("bash")}
while [ "$1" != --output-file ]; do shift; done
cat "$3" >"$TOLD"
printf '%s' "$COMPLAINT" >&2
[ -z "$COMPLAINT" ] || exit 1
printf '%s\\n' {LOCK!r} >"$2"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, without a lock, in which a stand-in makes the locks."""
    (tmp_path / LOCKS).mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uv").write_text(UV)
    (tmp_path / "bin/uv").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(adding.sys, "executable", str(tmp_path / "bin/python"))
    monkeypatch.setenv("TOLD", str(tmp_path / "told.in"))
    monkeypatch.setenv("COMPLAINT", "")
    return tmp_path


def written() -> list[str]:
    return sorted(path.name for path in LOCKS.iterdir())


def test_input_and_lock_are_named_after_their_versions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["environment", "add", "keras==3.9.2", "tensorflow-cpu==2.18.1"])
    assert written() == ["keras3.9-tf2.18-cpu.in", "keras3.9-tf2.18-cpu.txt"]
    lines = (LOCKS / "keras3.9-tf2.18-cpu.in").read_text().splitlines()
    assert lines[:4] == [
        "# Keras 3.9.2 with TensorFlow 2.18.1, for the CPU.",
        "keras==3.9.2",
        "tensorflow-cpu==2.18.1",
        "numpy",
    ]
    assert (folder / "told.in").read_text().splitlines() == lines
    assert Environment("keras3.9-tf2.18-cpu").pinned() == {"keras": "3.9.2"}
    assert "keras3.9-tf2.18-cpu.txt with 1 package\n" in capsys.readouterr().out


def test_a_custom_name_and_further_packages_are_allowed(folder: Path) -> None:
    assert add_environment(["Keras == 3.9.2", "flax>=0.5,<0.6"], "with-flax").name == "with-flax"
    assert written() == ["with-flax.in", "with-flax.txt"]
    assert {"keras==3.9.2", "flax>=0.5,<0.6", f"tensorflow-cpu=={TENSORFLOW['3.9.2']}"} <= {
        *(LOCKS / "with-flax.in").read_text().splitlines()
    }


def test_another_backend_replaces_tensorflow() -> None:
    asked = read_requirements(["jax==0.10.2", "keras==3.15.1"])
    name = name_for(asked.keras, asked.backend, asked.version, asked.gpu)
    shipped = (REPOSITORY / LOCKS / f"{name}.in").read_text().splitlines()
    assert describe(asked).splitlines()[1:] == shipped[1:]


def test_an_environment_with_cuda_is_named_for_the_gpu() -> None:
    asked = read_requirements(["keras==3.15.1", "tensorflow[and-cuda]==2.21.0"])
    assert name_for(asked.keras, asked.backend, asked.version, asked.gpu) == "keras3.15-tf2.21-gpu"
    assert "tensorflow[and-cuda]==2.21.0" in describe(asked).splitlines()


@pytest.mark.parametrize("keras", TENSORFLOW)
def test_the_shipped_inputs_are_what_the_command_writes(keras: str) -> None:
    asked = read_requirements([f"keras=={keras}"])
    shipped = REPOSITORY / LOCKS / f"{name_for(asked.keras, asked.backend, asked.version)}.in"
    # Three are older and are named after TensorFlow alone.
    older = REPOSITORY / LOCKS / f"tf{asked.version.rpartition('.')[0]}-cpu.in"
    path = shipped if shipped.exists() else older
    first, *lines = path.read_text().splitlines()
    assert first.startswith("#")
    wanted = describe(asked).splitlines()[1:]
    assert [line for line in lines if line[0] != "#"] == [line for line in wanted if line[0] != "#"]


@pytest.mark.parametrize(
    ("packages", "words"),
    [
        (["keras"], r"keras: not one version; allowed: .*keras==3\.9\.2"),
        (["keras>=3"], r"keras>=3: not one version"),
        (["keras==3.*"], r"keras==3\.\*: not one version"),
        (["tensorflow-cpu==2.18.1"], r"keras: not among 'tensorflow-cpu==2\.18\.1'"),
        (["keras==3.9.2", "keras==3.8.0"], r"'keras==3\.8\.0': keras appears twice"),
        (["keras==3.15.1", "jax>=0.5"], r"jax>=0\.5: not one version"),
        (["keras==3.15.1", "jax==0.10.2", "torch==2.15.0"], r"jax and torch: allowed: one backend of Keras"),
        (["keras==9.9.9"], r"keras==9\.9\.9: name its TensorFlow too"),
        (["keras==3.9.2", "--index-url=https://example.org"], r"'--index-url=https://example\.org': not allowed"),
        (["keras @ https://example.org/keras.whl"], r"not allowed"),
        (["keras==3.9.2", "./local"], r"'\./local': not allowed"),
        (["keras==3.9.2\n-r other.in"], r"not allowed"),
    ],
)
def test_anything_but_packages_with_one_version_of_keras_is_refused(
    folder: Path, packages: list[str], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        add_environment(packages)
    assert written() == []


@pytest.mark.parametrize("name", ["../up", "", "a b", "-x", "é"])
def test_an_invalid_name_is_refused(folder: Path, name: str) -> None:
    if not name:
        assert add_environment(["keras==3.9.2"], name).name == "keras3.9-tf2.18-cpu"
        return
    with pytest.raises(UserError, match=r"--name .*: allowed: letters"):
        add_environment(["keras==3.9.2"], name)
    assert written() == []


@pytest.mark.parametrize("suffix", ["in", "txt"])
def test_a_taken_name_is_refused_and_its_file_stays(folder: Path, suffix: str) -> None:
    taken = LOCKS / f"keras3.9-tf2.18-cpu.{suffix}"
    taken.write_text("mine")
    with pytest.raises(UserError, match=rf"{taken} exists already; choose a name of your own, --name"):
        add_environment(["keras==3.9.2"])
    with pytest.raises(UserError, match="choose another --name"):
        add_environment(["keras==3.9.2"], "keras3.9-tf2.18-cpu")
    assert (written(), taken.read_text()) == ([taken.name], "mine")


def test_outside_of_a_study_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"containers/locks: no such folder here"):
        add_environment(["keras==3.9.2"])
    assert not list(tmp_path.iterdir())


def test_conflicting_versions_are_reported_in_one_line_with_uvs_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "COMPLAINT",
        "  \N{MULTIPLICATION SIGN} No solution found when resolving dependencies:\n"
        "  \u2570\u2500\u25b6 Because tensorflow-cpu==2.15.1 depends on keras>=2.15.0,<2.16 and\n"
        "      you require keras==3.9.2, we can conclude that they are incompatible.\n\nhint: try something else\n",
    )
    with pytest.raises(UserError) as refused:
        add_environment(["keras==3.9.2", "tensorflow-cpu==2.15.1"])
    assert str(refused.value) == (
        "keras3.9-tf2.15-cpu: no lock could be made: Because tensorflow-cpu==2.15.1 depends on keras>=2.15.0,<2.16 and "
        "you require keras==3.9.2, we can conclude that they are incompatible."
    )
    assert written() == []


def test_if_the_lock_cannot_be_written_the_input_is_removed_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = adding.write_whole

    def full(path: Path, content: str) -> None:
        if path.suffix == ".txt":
            raise UserError("the disk is full")
        whole(path, content)

    monkeypatch.setattr(adding, "write_whole", full)
    with pytest.raises(UserError, match="the disk is full"):
        add_environment(["keras==3.9.2"])
    assert written() == []


def test_the_command_of_the_guide_makes_the_lock_that_make_lock_makes_and_names_a_missing_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / LOCKS).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    (line,) = re.findall(r"^twinproof environment add .*", commands(REPOSITORY / "docs/environments.md"), re.M)
    with pytest.raises(SystemExit, match="0"):
        main(line.split()[1:])
    (added,) = (Environment(path.stem) for path in LOCKS.glob("*.txt"))
    made = added.lock.read_text()
    added.lock.unlink()
    source = added.lock.with_suffix(".in")
    must(run_in(tmp_path, str(REPOSITORY / "workflow/lock"), str(added.lock), str(source)))
    assert added.lock.read_text() == made
    with pytest.raises(UserError, match=r"no lock could be made: .*onnx==0\.0\.999"):
        add_environment(["keras==3.9.2", "onnx==0.0.999"], "other")
    assert written() == [source.name, added.lock.name]
