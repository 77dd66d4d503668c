"""The releases of Keras that have a lock, their names, and the TensorFlow that matches each."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from twinproof.base.errors import UserError
from twinproof.environments.environment import LOCKS
from twinproof.environments.releases import (
    TENSORFLOW,
    Release,
    between,
    list_releases,
    minor,
    name_for,
    order,
    tensorflow_for,
)

HASH = f" --hash=sha256:{'a' * 64}\n"
ROW = [Release(version, "2.18.0", f"of-{version}") for version in ("3.8.0", "3.9.1", "3.9.2", "3.10.0")]


def put(name: str, packages: Sequence[str]) -> None:
    LOCKS.mkdir(parents=True, exist_ok=True)
    (LOCKS / f"{name}.txt").write_text("".join(f"{package}{HASH}" for package in packages))


@pytest.mark.parametrize(
    ("keras", "tensorflow", "gpu", "name"),
    [
        ("3.9.2", "2.18.1", False, "keras3.9-tf2.18-cpu"),
        ("3.10.0", "2.19.1", False, "keras3.10-tf2.19-cpu"),
        ("3.15.1", "2.21.0", True, "keras3.15-tf2.21-gpu"),
    ],
)
def test_an_environment_is_named_after_the_minor_versions(keras: str, tensorflow: str, gpu: bool, name: str) -> None:
    assert name_for(keras, "tensorflow", tensorflow, gpu) == name


def test_any_release_of_a_minor_version_has_the_tensorflow_of_the_table() -> None:
    assert tensorflow_for("3.9.0") == TENSORFLOW["3.9.2"]
    assert tensorflow_for("3.1.0") == TENSORFLOW["3.1.1"] != tensorflow_for("3.10.0")
    assert tensorflow_for("4.0.0") is None


def test_the_table_holds_each_minor_version_once_in_order_and_tensorflow_never_goes_back() -> None:
    minors = [minor(keras) for keras in TENSORFLOW]
    assert len(set(minors)) == len(minors)
    for versions in (list(TENSORFLOW), list(TENSORFLOW.values())):
        assert versions == sorted(versions, key=order)


def test_every_release_of_the_table_has_a_shipped_lock_with_its_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert {release.keras: release.tensorflow for release in list_releases()} == TENSORFLOW


def test_releases_are_the_locks_for_the_cpu_in_the_order_of_their_keras(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert list_releases() == []
    put("a", ["keras==3.10.0", "tensorflow-cpu==2.19.1"])
    put("b", ["keras==3.9.2", "tensorflow==2.18.0"])
    put("gpu", ["keras==3.8.0", "tensorflow==2.18.0", "nvidia-cublas-cu12==12.9.3.13"])
    put("no-tensorflow", ["keras==3.7.0", "torch==2.8.0"])
    put("nightly", ["keras==3.16.0.dev2026102704", "tensorflow-cpu==2.21.0"])
    assert list_releases() == [Release("3.9.2", "2.18.0", "b"), Release("3.10.0", "2.19.1", "a")]


def test_among_locks_with_one_keras_the_one_with_the_tensorflow_of_the_table_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, tensorflow in (("a", "2.17.1"), ("b", "2.18.0"), ("c", "2.18.0"), ("d", "2.19.1")):
        put(name, ["keras==3.9.2", f"tensorflow-cpu=={tensorflow}"])
    assert list_releases() == [Release("3.9.2", "2.18.0", "b")]


@pytest.mark.parametrize(
    ("first", "last", "versions"),
    [
        (None, None, ["3.8.0", "3.9.1", "3.9.2", "3.10.0"]),
        ("3.9", None, ["3.9.1", "3.9.2", "3.10.0"]),
        (None, "3.9", ["3.8.0", "3.9.1", "3.9.2"]),
        ("3.9.1", "3.9.2", ["3.9.1", "3.9.2"]),
    ],
)
def test_a_minor_version_as_an_end_includes_all_its_releases(
    first: str | None, last: str | None, versions: list[str]
) -> None:
    assert [release.keras for release in between(ROW, first, last)] == versions


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("3.11", None, r"--from '3\.11': no lock has this Keras; allowed: 3\.8\.0, .*`twinproof environment add"),
        (None, "3", r"--to '3': no lock has this Keras"),
        ("3.10.0", "3.8.0", r"from 3\.10\.0 to 3\.8\.0: 0 releases of Keras with a lock; allowed: at least 2"),
        ("3.10", None, r"from 3\.10 to the last: 1 release of Keras"),
    ],
)
def test_impossible_ends_are_refused_in_one_line(first: str | None, last: str | None, words: str) -> None:
    with pytest.raises(UserError, match=words) as refused:
        between(ROW, first, last)
    assert "\n" not in str(refused.value)
