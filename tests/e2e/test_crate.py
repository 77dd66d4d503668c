"""The research crate of a finished study: an independent validator finds no fault, and the study can continue."""

import os
import re
import subprocess
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests.copies import REPOSITORY, locked_venv, must, run_in

pytestmark = pytest.mark.guides

Completed = subprocess.CompletedProcess[str]
Validate = Callable[[Path], Completed]

# What the profiles recommend, but twinproof cannot know or a workflow in a crate cannot satisfy.
NOT_KNOWN = {
    "process-run-crate-0.5_3.2": "the address of the workflow: none is in CITATION.cff",
    "process-run-crate-0.5_5.1": "an absolute address as the identifier of a workflow that is in the crate",
    "process-run-crate-0.5_8.6": "who ran the study: no record names a person",
    "ro-crate-1.1_22.3": "who publishes the crate",
    "ro-crate-1.1_31.2": "the address of the authors: none is in CITATION.cff",
}


@pytest.fixture(scope="session")
def validate(tmp_path_factory: pytest.TempPathFactory) -> Validate:
    """Have the validator judge a crate by everything that its profiles require and recommend."""
    venv = locked_venv("validator")
    cache = tmp_path_factory.mktemp("contexts") / "cache"
    subprocess.run([venv / "bin/python", REPOSITORY / "tests/crate/fill_cache.py", cache], check=True)

    def run(crate: Path) -> Completed:
        profile = ["--profile-identifier", "workflow-run-crate", "--requirement-severity", "recommended"]
        offline = ["--offline", "--cache-path", cache, "--no-paging", "--verbose"]
        skipped = ["--skip-checks", ",".join(NOT_KNOWN)]
        command = [venv / "bin/rocrate-validator", "validate", crate, *profile, *offline, *skipped]
        return subprocess.run(command, capture_output=True, text=True)

    return run


def unpack(study: Path, folder: Path) -> Path:
    """Unpack a study's crate as `unzip` does, which keeps dates."""
    with zipfile.ZipFile(study / "results/quick/crate.zip") as crate:
        for info in crate.infolist():
            date = datetime(*info.date_time).timestamp()
            os.utime(crate.extract(info, folder), (date, date))
    return folder


def test_validator_finds_no_fault(quick_study, validate):
    must(validate(quick_study / "results/quick/crate.zip"))


def test_validator_reports_a_missing_record(quick_study, validate, tmp_path):
    record = "results/quick/trials/tf2.21-cpu/simple/identity-0.json"
    (unpack(quick_study, tmp_path) / record).unlink()
    done = validate(tmp_path)
    assert done.returncode != 0
    assert record in re.sub(r"[\s│]", "", done.stdout)


def test_unpacked_crate_is_the_study_with_only_the_crate_left_to_make(quick_study, tmp_path):
    folder = unpack(quick_study, tmp_path)
    printed = must(run_in(folder, "snakemake", "--dry-run", "--profile", "workflow/profiles/quick"))
    # After unpacking, the images are verified once more.
    assert set(re.findall(r"rule (\w+):", printed)) == {"make_crate", "verify_data", "study"}
