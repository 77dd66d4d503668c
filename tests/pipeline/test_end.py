"""Small studies run to their end, without measuring anything for real."""

import re
from pathlib import Path

import pytest

from tests.copies import log_of_run, must, run_in
from tests.stand_in import ENVIRONMENT, StandIn

pytestmark = pytest.mark.versions


def run(folder: Path, made: Path, *probes: str) -> Path:
    """Run a study of these probes to its end and return its results."""
    study = StandIn(folder, made, list(probes))
    printed = must(run_in(folder, "snakemake", "--cores", "2"))
    assert re.search(r"^\S+  \d+ of \d+ trials, \d+ of \d+ jobs done; ", printed, re.M)
    # Lists of files are only in the log.
    assert "input:" not in printed and "input:" in log_of_run(folder)
    assert "Nothing to be done" in must(run_in(folder, "snakemake", "--cores", "2"))
    assert len(list(folder.glob("results/trials/*/*/*.json"))) == len(list(study.made.glob("trials/*/*/*.json"))) > 0
    results = folder / "results"
    assert all((results / name).stat().st_size for name in ("report/index.html", "version.json", "crate.zip"))
    return results


def test_a_study_of_identity_alone_has_everything_except_notebooks(tmp_path: Path) -> None:
    results = run(tmp_path / "study", tmp_path / "made", "identity")
    assert list((results / "notebooks").iterdir()) == []


def test_a_folder_may_have_spaces_and_umlauts_in_its_name(tmp_path: Path) -> None:
    odd = tmp_path / "Größe & Maß, 'neu'"
    results = run(odd / "mein $HOME", odd / "made", "learning")
    assert (results / "notebooks" / ENVIRONMENT / "simple" / "learning.html").exists()
