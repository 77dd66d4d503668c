"""What is here, missing or broken: real venvs and images, in their own project, without a builder or runtime."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from tests.conftest import ENVIRONMENT, REPOSITORY, python_of
from twinproof.cli import main
from twinproof.environments.environment import Environment
from twinproof.pipeline import doctor, installations

CPU, GPU, OTHER = Environment(ENVIRONMENT), Environment("tf2.21-gpu"), "tf2.18-cpu"
APPTAINER = shutil.which("apptainer")
Findings = dict[str, dict[str, Any]]
Examine = Callable[..., tuple[int, Findings]]


@pytest.fixture(autouse=True)
def programs(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in PATH, empty."""
    for environment in (ENVIRONMENT, OTHER):
        python_of(environment)
    folder = project / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Examine:
    """Run `twinproof doctor --json`; return its exit status and what it found."""

    def run(*arguments: str) -> tuple[int, Findings]:
        with pytest.raises(SystemExit) as stop:
            main(["doctor", "--json", *arguments])
        printed = json.loads(capsys.readouterr().out)
        assert printed["ok"] == (stop.value.code == 0)
        return stop.value.code, {finding["what"]: finding for finding in printed["findings"]}

    return run


def use_venv(made_for: str = ENVIRONMENT) -> None:
    """Have the project use a real venv, described as that of its environment."""
    CPU.folder.mkdir(parents=True)
    CPU.venv.symlink_to(python_of(made_for).parents[1])
    shutil.copy(REPOSITORY / CPU.venv_mark, CPU.venv_mark)


def use_image() -> None:
    """Have the project use the real image."""
    CPU.folder.mkdir(parents=True)
    CPU.sif.symlink_to(REPOSITORY / CPU.sif)
    shutil.copy(REPOSITORY / CPU.image_mark, CPU.image_mark)


def describe_an_image() -> None:
    """Have the project name an image that is not valid."""
    CPU.folder.mkdir(parents=True)
    CPU.sif.write_bytes(b"no image")
    described = {"lock": CPU.lock_digest(), "build": "b", "image": "sha256:0123456789abcdef", "sif": {"size": 8}}
    CPU.image_mark.write_text(json.dumps(described))


def measure_in(environment: str, **settings: Any) -> None:
    params = yaml.safe_load(Path("params.yaml").read_text())
    params["environments"] = {environment: settings}
    Path("params.yaml").write_text(yaml.safe_dump(params))


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def install(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def states(found: Findings) -> dict[str, str]:
    return {what.removeprefix(f"{ENVIRONMENT} "): finding["state"] for what, finding in found.items()}


def test_a_venv_is_enough(examine: Examine) -> None:
    use_venv()
    status, found = examine()
    assert status == 0
    assert states(found) == {
        "builder": "missing",
        "runtime": "missing",
        "lock": "ok",
        "venv": "ok",
        "image": "unused",
    }
    assert found["builder"]["remedy"] == found["runtime"]["remedy"] == "containers/install-tools, if you need images"
    assert CPU.lock_digest()[:12] in found[f"{ENVIRONMENT} lock"]["detail"]
    assert found[f"{ENVIRONMENT} venv"]["detail"].startswith("TensorFlow 2.21.0, Keras 3.15.1, Python 3.11.")


def test_what_is_not_made_yet_is_listed_with_the_command_that_makes_it(examine: Examine) -> None:
    status, found = examine()
    assert status == 0
    assert found[f"{ENVIRONMENT} venv"]["state"] == found[f"{ENVIRONMENT} image"]["state"] == "missing"
    assert found[f"{ENVIRONMENT} venv"]["remedy"] == f"snakemake --cores 2 {CPU.venv_mark}"
    assert found[f"{ENVIRONMENT} image"]["remedy"] == f"containers/build {ENVIRONMENT}"


def test_a_lock_edited_by_hand_is_broken_and_so_is_what_was_made_from_the_earlier_one(examine: Examine) -> None:
    use_venv()
    change(CPU.lock, "keras==3.15.1", "keras==3.15.0")
    status, found = examine()
    assert status == 1
    assert found[f"{ENVIRONMENT} lock"] == {
        "what": f"{ENVIRONMENT} lock",
        "state": "broken",
        "detail": "keras is 3.15.0, tf2.21-cpu.in says 3.15.1",
        "remedy": "make lock",
        "needed": False,
    }
    assert found[f"{ENVIRONMENT} venv"]["detail"] == "made from another lock"
    assert found[f"{ENVIRONMENT} venv"]["remedy"] == f"snakemake --cores 2 --force {CPU.venv_mark}"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("keras==3.15", "keras is 3.15.1, tf2.21-cpu.in says 3.15"),
        ("tensorflow-cpu==2.21", None),
        ("Absl_Py >= 2  # of any kind", None),
        ("Keras == 3.*", None),
        ("colorama==1 ; sys_platform == 'win32'", None),
        ("-c constraints.txt", None),
        ("pandas", "pandas is missing, tf2.21-cpu.in says any version"),
    ],
)
def test_a_lock_is_compared_with_each_line_that_it_is_made_from(line: str, fault: str | None, examine: Examine) -> None:
    CPU.lock.with_suffix(".in").write_text(f"# made by hand\n{line}\n")
    lock = examine()[1][f"{ENVIRONMENT} lock"]
    assert (lock["state"], lock["detail"]) == (
        ("broken", fault) if fault else ("ok", f"{CPU.lock_digest()[:12]}, matches tf2.21-cpu.in")
    )


def test_a_venv_that_does_not_hold_what_it_says_is_broken(examine: Examine) -> None:
    use_venv(made_for=OTHER)
    status, found = examine()
    venv = found[f"{ENVIRONMENT} venv"]
    assert (status, venv["state"]) == (1, "broken")
    assert venv["detail"].startswith(
        "keras is 3.8.0, the lock says 3.15.1; tensorflow-cpu is 2.18.0, the lock says 2.21.0"
    )
    assert re.search(r"; and \d+ more$", venv["detail"])


def test_a_venv_without_its_python_is_broken(examine: Examine) -> None:
    use_venv()
    CPU.venv.unlink()
    status, found = examine()
    assert status == 1
    assert "cannot be inspected" in found[f"{ENVIRONMENT} venv"]["detail"]
    assert "No such file or directory" in found[f"{ENVIRONMENT} venv"]["detail"]


@pytest.mark.parametrize(("probes", "status"), [(["identity"], 1), ([], 0)])
def test_an_environment_without_a_lock_stops_a_study_that_measures_in_it(
    probes: list[str], status: int, examine: Examine
) -> None:
    measure_in("tf0", probes=probes)
    stopped, found = examine()
    assert stopped == status
    assert found["tf0 lock"]["state"] == "missing"
    assert "tf0 has no lock containers/locks/tf0.txt" in found["tf0 lock"]["detail"]
    assert not any(what.startswith("tf0") for what in found.keys() - {"tf0 lock"})


def test_an_unknown_environment_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "tf0"]) == 2
    assert capsys.readouterr().err == "error: environment tf0: not in the parameters; known: tf2.21-cpu\n"


def test_findings_come_in_a_fixed_order_and_only_for_the_environment_asked_for(examine: Examine) -> None:
    shutil.copy(REPOSITORY / "params.yaml", "params.yaml")
    everything = list(examine()[1])
    assert everything == list(examine()[1])
    assert everything[:2] == ["builder", "runtime"]
    assert list(examine("tf2.15-cpu")[1]) == [
        *everything[:2],
        "tf2.15-cpu lock",
        "tf2.15-cpu venv",
        "tf2.15-cpu image",
    ]


def test_the_table_is_plain_and_aligned_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["doctor"])
    *lines, _, verdict = capsys.readouterr().out.splitlines()
    assert verdict == "everything needed is installed: a study can run"
    column = lines[0].index("missing")
    for line in lines:
        assert "\x1b" not in line
        assert line == line.rstrip()
        assert re.match(r"(ok|missing|unused) +\S| {9}-> ", line[column:]), line


def test_a_builder_that_does_not_answer_is_reported_as_missing(programs: Path, examine: Examine) -> None:
    install(programs, "docker", "echo Is the docker daemon running? >&2; exit 1")
    found = examine()[1]["builder"]
    assert (found["state"], found["detail"]) == ("missing", "docker is installed, but 'docker info' fails")


@pytest.mark.parametrize(("free", "state"), [(10**12, "ok"), (10**9, "missing")])
def test_free_space_is_compared_with_what_a_build_needs(
    free: int, state: str, programs: Path, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    info = json.dumps({"store": {"GraphRoot": str(programs)}})
    install(programs, "buildah", f"if [ $1 = info ]; then echo '{info}'; else echo buildah version 1.28.2; fi")
    status, found = examine()
    assert (status, found["builder"]["detail"], found["disk"]["state"]) == (0, "buildah 1.28.2", state)
    assert found["disk"]["remedy"].startswith("make room") == (state == "missing")
    assert f"{free / 1e9:.0f}" in found["disk"]["detail"]


@pytest.mark.parametrize("name", ["apptainer", "singularity"])
@pytest.mark.parametrize(
    ("script", "detail"),
    [("/bin/sleep 60 & wait", "no answer within 0.5 s"), ("echo oh >&2; exit 1", "oh"), ("exit 3", "exit status 3")],
)
def test_a_runtime_that_hangs_or_fails_is_broken_and_not_used(
    name: str, script: str, detail: str, programs: Path, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "QUICK", 0.5)
    describe_an_image()
    install(programs, name, script)
    status, found = examine()
    assert status == 1
    assert (found["runtime"]["state"], found["runtime"]["detail"]) == ("broken", f"{programs / name}: {detail}")
    assert found[f"{ENVIRONMENT} image"]["state"] == "unused"


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("exec /bin/sleep 60", "no answer within 0.5 s"),
        ("echo 'FATAL: not a SIF' >&2; exit 255", "FATAL: not a SIF"),
        ("echo hello", "the answer cannot be read"),
    ],
)
def test_an_image_that_cannot_be_inspected_is_broken(
    script: str, detail: str, programs: Path, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installations, "PATIENCE", 0.5)
    describe_an_image()
    install(programs, "apptainer", f"if [ $1 = --version ]; then echo apptainer version 1.0; exit; fi; {script}")
    status, found = examine()
    assert (status, found["runtime"]["detail"]) == (1, "apptainer 1.0")
    assert found[f"{ENVIRONMENT} image"]["detail"] == f"cannot be inspected: {detail}"


def test_an_image_cut_short_is_broken_and_one_that_nothing_runs_is_unused(examine: Examine) -> None:
    describe_an_image()
    status, found = examine()
    assert (status, found[f"{ENVIRONMENT} image"]["state"]) == (0, "unused")
    assert "nothing here can run it" in found[f"{ENVIRONMENT} image"]["detail"]
    assert found[f"{ENVIRONMENT} venv"]["state"] == "missing"
    CPU.sif.write_bytes(b"no")
    status, found = examine()
    assert (status, found[f"{ENVIRONMENT} image"]["state"]) == (1, "broken")
    assert "truncated" in found[f"{ENVIRONMENT} image"]["detail"]


@pytest.mark.parametrize(
    ("settings", "state", "status"),
    [
        ({"probes": ["identity"], "without_gpu": "error"}, "missing", 1),
        ({"probes": ["identity"]}, "missing", 1),
        ({"probes": ["identity"], "without_gpu": "cpu"}, "unused", 0),
        ({"probes": []}, "missing", 0),
    ],
)
def test_a_lock_with_cuda_needs_a_gpu(settings: dict[str, Any], state: str, status: int, examine: Examine) -> None:
    measure_in(GPU.name, **settings)
    stopped, found = examine()
    gpu = found[f"{GPU.name} GPU"]
    assert (stopped, gpu["state"]) == (status, state)
    assert "nvidia-smi: not here" in gpu["detail"]
    if state == "missing":
        for word in ("driver", "--nv", "environments.tf2.21-gpu.without_gpu: cpu"):
            assert word in gpu["remedy"]
    else:
        assert "because environments.tf2.21-gpu.without_gpu allows it" in gpu["detail"]


def test_gpus_outside_are_named(programs: Path, examine: Examine) -> None:
    measure_in(GPU.name, probes=["identity"])
    install(programs, "nvidia-smi", "echo 'GPU 0: NVIDIA H200 (UUID: GPU-1)'; echo '  MIG 1g (UUID: MIG-1)'")
    status, found = examine()
    assert (status, found[f"{GPU.name} GPU"]["state"]) == (0, "ok")
    assert found[f"{GPU.name} GPU"]["detail"] == "nvidia-smi: NVIDIA H200"


def test_cuda_libraries_that_cannot_be_loaded_are_named(examine: Examine) -> None:
    """A venv with one package, which has a library that loads from anywhere, and a broken one."""
    tiny = Environment("tiny")
    tiny.lock.write_text(f"nvidia-tiny==1.0 --hash=sha256:{'0' * 64}\n")
    measure_in(tiny.name, probes=["identity"])
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tiny.venv], check=True)
    tiny.venv_mark.write_text("nvidia-tiny==1.0\n")
    packages = tiny.venv / "lib" / "python3.11" / "site-packages"
    (packages / "nvidia_tiny-1.0.dist-info").mkdir()
    (packages / "nvidia_tiny-1.0.dist-info" / "METADATA").write_text("Name: nvidia-tiny\nVersion: 1.0\n")
    libraries = packages / "nvidia" / "tiny" / "lib"
    libraries.mkdir(parents=True)
    shutil.copy(re.search(r"\S+/libm[.-]\S+", Path("/proc/self/maps").read_text())[0], libraries / "libwhole.so.1")
    (libraries / "libbroken.so.1").write_bytes(b"no library")

    status, found = examine()
    assert (status, found["tiny venv"]["state"]) == (1, "ok")
    assert found["tiny lock"]["detail"].endswith("without containers/locks/tiny.in")
    cuda = found["tiny venv: CUDA"]
    assert (cuda["state"], cuda["detail"]) == ("broken", "1 of 2 libraries load; libbroken.so.1: file too short")
    assert "venv: " in found["tiny GPU"]["detail"]


@pytest.fixture
def runtime(programs: Path) -> None:
    """The installed runtime; the image must have been built."""
    if not APPTAINER or not (REPOSITORY / CPU.image_mark).exists():
        pytest.skip(f"needs apptainer and {CPU.image_mark}")
    # It looks for its own tools, for example to mount a SIF.
    install(
        programs, "apptainer", f'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin {APPTAINER} "$@"'
    )


@pytest.mark.containers
def test_an_image_is_enough(runtime: None, examine: Examine) -> None:
    use_image()
    status, found = examine()
    assert status == 0
    assert (states(found)["venv"], states(found)["image"]) == ("unused", "ok")
    assert re.fullmatch(
        r"sha256:\w{12}, \d+ MB, TensorFlow 2\.21\.0, Keras 3\.15\.1, Python 3\.11\.\d+",
        found[f"{ENVIRONMENT} image"]["detail"],
    )


@pytest.mark.containers
def test_the_lock_inside_an_image_counts_not_the_one_beside_it(runtime: None, examine: Examine) -> None:
    use_image()
    built_from = CPU.lock_digest()
    CPU.lock.write_text(CPU.lock.read_text() + "# changed\n")
    change(CPU.image_mark, built_from, CPU.lock_digest())
    status, found = examine()
    assert status == 1
    assert found[f"{ENVIRONMENT} image"]["detail"] == (
        f"inside, its lock is {built_from[:12]}, {CPU.lock} is {CPU.lock_digest()[:12]}"
    )


@pytest.mark.containers
def test_an_image_is_the_one_described_beside_it(runtime: None, examine: Examine) -> None:
    use_image()
    build = json.loads(CPU.image_mark.read_text())["build"]
    change(CPU.image_mark, build, "another")
    status, found = examine()
    assert status == 1
    assert found[f"{ENVIRONMENT} image"]["detail"] == f"not the one that {CPU.image_mark} describes"


@pytest.mark.parametrize("text", ["", "garbage\n", "numpy==1.26.4\n", "--index-url https://example.org\n"])
def test_an_invalid_lock_is_broken(text: str, examine: Examine) -> None:
    CPU.lock.write_text(text)
    status, found = examine()
    assert status == 1
    assert found[f"{ENVIRONMENT} lock"]["state"] == "broken"
    assert "allowed: name==version --hash=sha256:" in found[f"{ENVIRONMENT} lock"]["detail"]


def test_a_module_that_hides_one_of_an_environment_is_broken(examine: Examine) -> None:
    use_venv()
    Path("keras.py").touch()
    status, found = examine()
    assert status == 1
    assert found[f"{ENVIRONMENT} modules"]["detail"].startswith("keras.py: would be imported instead of")
