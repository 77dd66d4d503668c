"""Timing studies for real: an identical copy, a subclass 5 % slower, an interruption, and the report on them."""

import os
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
EXTRA = 0.05


def write_params(folder: Path, **extra_seconds: float) -> None:
    """Ask for the training step of these twins, each with so many seconds added to its subclass."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["environments"] = {"tf2.21-cpu": {"probes": ["identity", "timing"]}}
    params["twins"] = {
        twin: {"module": "spinning", "arguments": {"extra": seconds}} for twin, seconds in extra_seconds.items()
    }
    params["identity"] |= {"replicates": 1, "steps": 2}
    params["timing"] |= {"quantities": ["train_step"], "replicates": PROCESSES, "steps": 10}
    params["timing"]["sampling"]["most"] = PROCESSES
    (folder / "params.yaml").write_text(yaml.safe_dump(params))


def records(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.glob("results/trials/**/timing-*.json")}


def verdict(folder: Path, twin: str) -> dict[str, Any]:
    timing = pd.read_csv(folder / "results/tables/timing.csv").set_index(["twin", "style", "quantity"])
    return timing.loc[(twin, "subclassed", "train_step")].to_dict()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy with a twin whose two styles are the same."""
    folder = fresh_copy(tmp_path_factory.mktemp("timing") / "twinproof")
    shutil.copy(Path(__file__).parent / "spinning.py", folder)
    write_params(folder, same=0.0)
    return folder


@pytest.fixture(scope="module")
def interrupted(folder: Path) -> dict[str, int]:
    """The records that were there when a study was interrupted, as somebody does with Ctrl-C."""
    path = folder / "interrupted.log"
    # A trial has ended when its process has, a second after its record is there. One of them may be that of identity.
    ended = "(Rule: run_trial)"
    with path.open("w") as log:
        study = subprocess.Popen(
            STUDY, cwd=folder, env=surroundings(folder), stdout=log, stderr=log, start_new_session=True
        )
        deadline = time.monotonic() + 600
        while path.read_text().count(ended) <= PROCESSES // 2 and study.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        os.killpg(study.pid, signal.SIGINT)
        study.wait(timeout=120)
    before = records(folder)
    assert PROCESSES // 2 <= len(before) < PROCESSES, path.read_text()[-3000:]
    return before


@pytest.fixture(scope="module")
def ended(folder: Path, interrupted: dict[str, int]) -> Path:
    """The same study, started again and ended."""
    must(run_in(folder, *STUDY))
    return folder


@pytest.fixture(scope="module")
def slowed(ended: Path) -> Path:
    """The study with one more twin, whose subclass takes 5 % of what functional was seen to take longer."""
    step = verdict(ended, "same")["functional"]
    write_params(ended, same=0.0, slower=EXTRA * step)
    must(run_in(ended, *STUDY))
    return ended


def test_starting_again_after_an_interruption_measures_only_what_is_missing(ended, interrupted):
    after = records(ended)
    assert len(after) == PROCESSES
    assert {path: after[path] for path in interrupted} == interrupted


def test_an_identical_copy_is_never_told_to_differ(ended):
    found = verdict(ended, "same")
    assert found["verdict"] in ("equivalent", "undecided"), found


def test_a_subclass_that_is_5_percent_slower_is_found_and_measured(slowed):
    """The interval is that of all comparisons: one at 95 % would miss the truth in one run of 20."""
    found = verdict(slowed, "slower")
    print(found["answer"])
    assert found["verdict"] == "slower", found
    assert found["family_low"] <= 1 + EXTRA <= found["family_high"], found


def test_both_controls_stand_beside_each_ratio(slowed):
    for twin in ("same", "slower"):
        found = verdict(slowed, twin)
        assert found["processes"] == PROCESSES
        assert found["control_low"] < 1.01
        assert found["control_high"] > 0.99
        assert found["slowed_low"] > 1


def test_notebooks_and_report_are_made_of_them(slowed):
    must(run_in(slowed, "snakemake", "--cores", "2"))
    assert len(records(slowed)) == 2 * PROCESSES
    page = (slowed / "results/report/index.html").read_text()
    for twin in ("same", "slower"):
        assert (slowed / f"results/notebooks/tf2.21-cpu/{twin}/timing.html").exists()
        assert verdict(slowed, twin)["answer"] in page


def test_the_guide_has_the_command_that_was_run_here():
    assert commands(REPOSITORY / "docs/timing.md").split() == STUDY
