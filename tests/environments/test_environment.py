"""What is known of an environment from its files alone."""

import json
from pathlib import Path

import pytest

from twinproof.base.errors import UserError
from twinproof.base.files import sha256
from twinproof.environments.environment import Environment
from twinproof.environments.marks import check_image_marks

LOCK = f"""# made from tiny.in
numpy==1.26.4 \\
    --hash=sha256:{"a" * 64} \\
    --hash=sha256:{"0" * 64}
    # via tensorflow-cpu
nvidia-cublas-cu12==12.9.3.13 \\
    --hash=sha256:{"b" * 64}
tensorflow-cpu==2.15.1 ; python_version >= "3.9" \\
    --hash=sha256:{"c" * 64}
"""
PINNED = {"numpy": "1.26.4", "nvidia-cublas-cu12": "12.9.3.13", "tensorflow-cpu": "2.15.1"}


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment with a lock, a venv and an image, as far as files go."""
    monkeypatch.chdir(tmp_path)
    environment = Environment("tiny")
    for path in (environment.lock, environment.sif):
        path.parent.mkdir(parents=True, exist_ok=True)
    environment.lock.write_text(LOCK)
    environment.venv_mark.write_text("".join(f"{name}=={version}\n" for name, version in PINNED.items()))
    environment.sif.write_bytes(b"image")
    environment.image_mark.write_text(
        json.dumps({"lock": sha256(environment.lock), "build": "1", "image": "sha256:dd", "sif": {"size": 5}})
    )
    return environment


def test_a_lock_shows_its_packages_and_whether_it_needs_a_gpu(tiny: Environment) -> None:
    assert tiny.pinned() == PINNED
    assert tiny.wants_gpu()
    tiny.lock.write_text(LOCK.replace("nvidia-", "acme-"))
    assert not tiny.wants_gpu()


def test_the_lock_decides_the_backend(tiny: Environment) -> None:
    assert tiny.backend() == "tensorflow"
    for package, backend in (("jax", "jax"), ("torch", "torch"), ("tensorflow", "tensorflow")):
        tiny.lock.write_text(LOCK.replace("tensorflow-cpu==2.15.1", f"{package}==1.0"))
        assert tiny.backend() == backend
    # TensorFlow 2.12 brings JAX along.
    tiny.lock.write_text(f"{LOCK}jax==0.4{HASH}")
    assert tiny.backend() == "tensorflow"


def test_a_lock_without_a_backend_or_with_two_is_refused(tiny: Environment) -> None:
    for text, told in (
        (LOCK.replace("tensorflow-cpu", "tensorboard"), "pins no backend of Keras"),
        (
            LOCK.replace("tensorflow-cpu", "tensorboard") + f"jax==0.4{HASH}torch==2.1{HASH}",
            "pins JAX 0.4 and PyTorch 2.1",
        ),
    ):
        tiny.lock.write_text(text)
        with pytest.raises(UserError, match=rf"tiny\.txt: {told}; allowed: one of tensorflow, jax, torch"):
            tiny.backend()


def test_an_unknown_environment_is_refused_with_the_known_ones(tiny: Environment) -> None:
    with pytest.raises(UserError, match=r"tf0 has no lock containers/locks/tf0\.txt; allowed: tiny"):
        Environment("tf0").lock_digest()


def test_a_whole_environment_has_no_fault(tiny: Environment) -> None:
    assert tiny.venv_fault() is None
    assert tiny.image_fault() is None


def test_what_was_made_from_another_lock_is_not_used(tiny: Environment) -> None:
    tiny.lock.write_text(LOCK.replace("1.26.4", "1.26.3"))
    assert tiny.venv_fault() == "made from another lock"
    assert tiny.image_fault() == "built from another lock"


def test_what_is_missing_or_cut_short_is_not_used(tiny: Environment) -> None:
    tiny.venv_mark.unlink()
    assert tiny.venv_fault() == "not made yet"
    tiny.sif.write_bytes(b"ima")
    assert tiny.image_fault() == f"truncated: {tiny.sif} has 3 of 5 bytes"
    tiny.image_mark.unlink()
    assert tiny.image_fault() == "not built yet"


@pytest.mark.parametrize("content", ["{", "{}", "[]", "null", '{"lock": 1, "build": "", "image": "", "sif": {}}', "\0"])
def test_a_mark_that_cannot_be_read_marks_nothing(content: str, tiny: Environment) -> None:
    tiny.image_mark.write_text(content)
    assert tiny.image() is None
    assert tiny.image_fault() == f"not described by {tiny.image_mark}, which cannot be read"


def test_an_image_without_a_sif_is_whole_for_docker(tiny: Environment) -> None:
    tiny.sif.unlink()
    mark = json.loads(tiny.image_mark.read_text())
    tiny.image_mark.write_text(json.dumps(mark | {"sif": None}))
    check_image_marks(["tiny"])
    assert tiny.image_fault() is None
    assert tiny.image_mark.exists()


def test_the_mark_of_a_broken_image_is_set_aside_and_comes_back_when_it_fits(
    tiny: Environment, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = tiny.image_mark.read_text()
    check_image_marks(["tiny"])
    assert tiny.image_mark.exists()
    for break_, mend in (
        (lambda: tiny.lock.write_text(LOCK + "\n"), lambda: tiny.lock.write_text(LOCK)),
        (lambda: tiny.sif.write_bytes(b"ima"), lambda: tiny.sif.write_bytes(b"image")),
    ):
        break_()
        check_image_marks(["tiny"])
        assert not tiny.image_mark.exists()
        assert "it counts as not built" in capsys.readouterr().err
        mend()
        check_image_marks(["tiny"])
        assert tiny.image_mark.read_text() == mark


HASH = f" --hash=sha256:{'a' * 64}\n"
BAD_LOCKS = {
    "empty": ("", "line 1: there is no package"),
    "comments alone": ("# nothing\n\n", "line 1: there is no package"),
    "garbage": ("\x07garbage {}\n", "line 1: '\\x07garbage {}'"),
    "without hashes": ("numpy==1.26.4\n", "line 1: 'numpy==1.26.4'"),
    "one package without hashes": (LOCK + "six==1.16.0\n", "line 10: 'six==1.16.0'"),
    "a short hash": ("numpy==1.26.4 --hash=sha256:aa\n", "line 1: 'numpy==1.26.4"),
    "another kind of hash": (f"numpy==1.26.4 --hash=md5:{'a' * 32}\n", "line 1: 'numpy==1.26.4"),
    "no version": ("numpy" + HASH, "line 1: 'numpy"),
    "a range of versions": ("numpy>=1.26" + HASH, "line 1: 'numpy>=1.26"),
    "any version": ("numpy==1.*" + HASH, "line 1: 'numpy==1.*"),
    "another index": (f"--index-url https://example.org\n{LOCK}", "line 1: '--index-url https://example.org'"),
    "a further index": (f"{LOCK}--extra-index-url=https://example.org\n", "line 10: '--extra-index-url"),
    "an index after a package": (
        f"numpy==1.26.4 \\\n  --index-url https://example.org{HASH}",
        "line 1: 'numpy==1.26.4    --index-url",
    ),
    "an index within a condition": (
        f"numpy==1.26.4 ; x --index-url https://example.org{HASH}",
        "line 1: 'numpy==1.26.4 ; x --index-url",
    ),
    "links": (f"{LOCK}--find-links /tmp\n", "line 10: '--find-links"),
    "a trusted host": (f"{LOCK}--trusted-host example.org\n", "line 10: '--trusted-host"),
    "another file": (f"{LOCK}-r other.txt\n", "line 10: '-r other.txt'"),
    "constraints": (f"{LOCK}-c other.txt\n", "line 10: '-c other.txt'"),
    "a folder": (f"{LOCK}-e .\n", "line 10: '-e .'"),
    "an address": (f"numpy @ https://example.org/numpy.whl{HASH}", "line 1: 'numpy @ https"),
    "a path": (f"./numpy.whl{HASH}", "line 1: './numpy.whl"),
    "a package twice": (f"{LOCK}numpy==1.26.3{HASH}", "line 10: numpy appears twice"),
    "an option hidden by a comment": (f"# x \\\n--index-url https://example.org\n{LOCK}", "line 2: '--index-url"),
}


@pytest.mark.parametrize("kind", BAD_LOCKS)
def test_a_lock_holds_packages_with_hashes_and_nothing_else(kind: str, tiny: Environment) -> None:
    text, words = BAD_LOCKS[kind]
    tiny.lock.write_text(text)
    with pytest.raises(UserError) as raised:
        tiny.pinned()
    assert str(raised.value).startswith(f"containers/locks/tiny.txt, {words}")
    assert "allowed: name==version --hash=sha256:..., and comments; `make lock`" in str(raised.value)


def test_the_shipped_locks_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    for lock in Path("containers/locks").glob("*.txt"):
        assert Environment(lock.stem).pinned()["keras"]
        assert Environment(lock.stem).backend() in lock.stem.replace("tf", "tensorflow")
