"""Only what a lock pins counts: Snakemake and `twinproof plan` agree on when a venv must be made again."""

import os
from pathlib import Path

import pytest

from tests.conftest import ENVIRONMENT, REPOSITORY
from tests.copies import fresh_copy, must, run_in
from twinproof.environments.environment import Environment


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy whose venv, only a list of packages, is older than its lock."""
    folder = fresh_copy(tmp_path_factory.mktemp("fresh") / "copy")
    mark = folder / Environment(ENVIRONMENT).venv_mark
    mark.parent.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPOSITORY)
        mark.write_text("".join(f"{name}=={one}\n" for name, one in Environment(ENVIRONMENT).pinned().items()))
    os.utime(mark, (1_600_000_000, 1_600_000_000))
    return folder


def made_again(copy: Path) -> bool:
    printed = must(run_in(copy, "snakemake", "--dry-run", str(Environment(ENVIRONMENT).venv_mark)))
    return "rule create_venv" in printed


def test_a_newer_lock_with_the_same_pins_makes_no_venv(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    lock = Environment(ENVIRONMENT).lock
    assert (Environment(ENVIRONMENT).venv_fault() is not None, made_again(copy)) == (False, False)
    lock.write_text(lock.read_text().replace("absl-py==", "absl-py==9"))
    assert (Environment(ENVIRONMENT).venv_fault() is not None, made_again(copy)) == (True, True)
