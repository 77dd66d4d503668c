"""A real timing study: an identical copy, a subclass 5 % slower, an interruption, and the report on it."""

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.copies import REPOSITORY, commands, fresh_copy, must, run_in, surroundings

pytestmark = pytest.mark.timing

STUDY = ["snakemake", "--cores", "2", "timing"]
PROCESSES = 8  # the fewest that can tell two comparisons from chance, and one more
NEAR = 1.003
EXTRA = 0.001  # extra seconds of the subclass: 5 % of the time of functional


def records(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.glob("results/trials/**/timing-*.json")}


def verdict(folder: Path, style: str) -> dict[str, Any]:
    timing = pd.read_csv(folder / "results/tables/timing.csv").set_index(["twin", "style", "quantity"])
    return timing.loc[("spinning", style, "train_step")].to_dict()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy that asks for the training step of one twin: one style is the same as functional, one is slower."""
    folder = fresh_copy(tmp_path_factory.mktemp("timing") / "twinproof")
    shutil.copy(Path(__file__).parent / "spinning.py", folder)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["environments"] = {"tf2.21-cpu": {"probes": ["identity", "timing"]}}
    params["twins"] = {"spinning": {"module": "spinning", "arguments": {"extra": EXTRA}}}
    params["identity"] |= {"replicates": 1, "steps": 2}
    params["timing"] |= {"quantities": ["train_step"], "replicates": PROCESSES, "rounds": {"steady": 15, "rough": 1}}
    params["timing"]["sampling"]["most"] = PROCESSES
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    return folder


@pytest.fixture(scope="module")
def interrupted(folder: Path) -> dict[str, int]:
    """The records that existed when a study was interrupted, as with Ctrl-C."""
    path = folder / "interrupted.log"
    # A trial ends with its process, a second after its record is written.
    ended = re.compile(r" timing \d+ in \d+ ")
    with path.open("w") as log:
        study = subprocess.Popen(
            STUDY, cwd=folder, env=surroundings(folder), stdout=log, stderr=log, start_new_session=True
        )
        deadline = time.monotonic() + 600
        while (
            len(ended.findall(path.read_text())) <= PROCESSES // 2
            and study.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.2)
        os.killpg(study.pid, signal.SIGINT)
        study.wait(timeout=120)
    before = records(folder)
    assert PROCESSES // 2 <= len(before) < PROCESSES, path.read_text()[-3000:]
    return before


@pytest.fixture(scope="module")
def ended(folder: Path, interrupted: dict[str, int]) -> Path:
    """The same study, started again and finished."""
    must(run_in(folder, *STUDY))
    return folder


def test_starting_again_after_an_interruption_measures_only_what_is_missing(ended, interrupted):
    after = records(ended)
    assert len(after) == PROCESSES
    assert {path: after[path] for path in interrupted} == interrupted


def test_an_identical_copy_is_never_reported_as_different(ended):
    found = verdict(ended, "sequential")
    assert found["verdict"] in ("equivalent", "undecided"), found


def test_a_subclass_that_is_5_percent_slower_is_found_and_measured(ended):
    """The interval covers all comparisons: one at 95 % would miss the truth in one run of 20.

    It includes the truth to a tenth of the margin: after a longer wait, caches are colder.
    """
    found = verdict(ended, "subclassed")
    print(found["answer"])
    assert found["verdict"] == "slower", found
    truth = 1 + EXTRA / found["functional"]
    assert 1.04 < truth <= 1.05
    assert found["family_low"] / NEAR <= truth <= found["family_high"] * NEAR, found


def test_both_controls_stand_beside_each_ratio(ended):
    for style in ("sequential", "subclassed"):
        found = verdict(ended, style)
        assert found["processes"] == PROCESSES
        assert found["control_low"] < 1.01
        assert found["control_high"] > 0.99
        assert found["slowed_low"] > 1
        assert found["margin"] / 2 < found["added"] < found["margin"] * 2


def test_notebooks_and_report_are_made_from_the_records(ended):
    must(run_in(ended, "snakemake", "--cores", "2"))
    assert len(records(ended)) == PROCESSES
    page = (ended / "results/report/index.html").read_text()
    assert (ended / "results/notebooks/tf2.21-cpu/spinning/timing.html").exists()
    for style in ("sequential", "subclassed"):
        assert verdict(ended, style)["answer"] in page


def test_the_guide_has_the_command_that_was_run_here():
    assert commands(REPOSITORY / "docs/timing.md").split() == STUDY
