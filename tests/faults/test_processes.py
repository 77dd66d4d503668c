"""Trials that crash, hang or take all memory, and studies that are killed, interrupted or started twice."""

import json
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conftest import ENVIRONMENT, until
from tests.copies import logged, measured, must, run_in

from .conftest import (
    STUDY,
    TRIALS,
    change_params,
    forget,
    log,
    records,
    refused,
    require_whole,
    running,
    started,
)

LOCKS = Path(".snakemake/locks")
MEMORY = 4 * 2**30


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Path]:
    """A control group with a memory limit for all its processes together."""
    root = Path("/sys/fs/cgroup")
    root, limit = (root / "memory", "memory.limit_in_bytes") if (root / "memory").exists() else (root, "memory.max")
    group = root / f"twinproof-{os.getpid()}"
    try:
        group.mkdir()
        (group / limit).write_text(str(MEMORY))
    except OSError as error:
        pytest.skip(f"no control group with a limit of memory can be made here: {error}")
    yield group
    until(lambda: not (group / "cgroup.procs").read_text())
    group.rmdir()


def test_a_trial_that_crashes_hangs_or_takes_all_memory_affects_no_other_record(
    study: Path, undisturbed: Path, group: Path
) -> None:
    before = records(study)
    params = yaml.safe_load((study / "params.yaml").read_text())
    ends = {"crashing": "crashes", "hanging": "hangs", "greedy": "takes all memory", "other": ""}
    twins = {
        name: {"module": "faulty", "arguments": {"ends": end}, "probes": ["identity"]} for name, end in ends.items()
    }
    change_params(study, twins={**params["twins"], **twins}, identity={"replicates": 1})
    limited = ("sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "-")
    # Several times as long as a sound trial takes.
    seconds = 10 + 4 * json.loads(before[f"{ENVIRONMENT}/sound/identity-0.json"])["seconds"]
    with started(study, *TRIALS, "--config", f"limit={seconds / 60}", "batch=1000", prefix=limited) as run:
        assert run.wait(600) == 1
    said = log(study).read_text()
    assert "crashing identity 0: failed with SIGABRT, see above" in said
    assert "hanging identity 0: failed with exit status 1, see above" in said
    assert "Timeout (0:" in said and 'faulty.py", line 15 in functional' in said
    assert "greedy identity 0: killed from outside, most often because there was not enough memory" in said
    assert "other identity 0: done in" in said
    assert "done: 1 trial run, 4 reused, 3 failed or not run" in said
    for name in ("crashing", "hanging", "greedy"):
        assert f"no record: {ENVIRONMENT} {name} identity 0" in said
    new = records(study).keys() - before.keys()
    assert new == {f"{ENVIRONMENT}/other/identity-0.json"}
    before = records(study)
    for twin in twins.values():
        twin["arguments"] = {"ends": ""}
    change_params(study, twins={**params["twins"], **twins})
    again = measured(logged(study, *TRIALS))
    assert again == {f"{ENVIRONMENT}/{name}/identity-0" for name in ends if name != "other"}
    change_params(study, twins=params["twins"], identity={"replicates": 2})
    must(run_in(study, *TRIALS))
    require_whole(study, undisturbed, before)


def test_a_killed_study_continues_where_it_stopped_once_it_is_unlocked(
    study: Path, undisturbed: Path, chance: random.Random
) -> None:
    forget(study, "identity", "learning", "exchange")
    for _ in range(2):
        before = records(study)
        with started(study, *TRIALS) as run:
            wait(run, chance.uniform(0, 30))
            run.kill()
            # Its processes end with it: none is left at the next start.
            until(lambda: not running(study), 10)
        assert before.items() <= records(study).items()
        if any((study / LOCKS).glob("*")):
            said = refused(study, *TRIALS)
            assert "Directory cannot be locked. Please make sure that no other Snakemake process" in said
            assert "was likely caused by a kill signal or a power loss. It can be removed with the --unlock" in said
            assert "Unlocked working directory." in must(run_in(study, "snakemake", "--unlock"))
    before = records(study)
    must(run_in(study, *STUDY))
    require_whole(study, undisturbed, before)


def wait(run: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait this long, or until the run has ended."""
    print(f"after {seconds:.2f} s")
    try:
        run.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def test_a_study_interrupted_with_ctrl_c_continues_where_it_stopped(
    study: Path, undisturbed: Path, chance: random.Random
) -> None:
    forget(study, "identity", "learning")
    with started(study, *TRIALS) as run:
        # Not before Snakemake handles signals.
        wait(run, chance.uniform(3, 15))
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGINT)
        run.wait(60)
        until(lambda: not running(study), 10)
    said = log(study).read_text()
    assert "Traceback" not in said
    assert not any((study / LOCKS).glob("*"))
    before = records(study)
    must(run_in(study, *TRIALS))
    require_whole(study, undisturbed, before)


def test_a_second_start_beside_the_first_is_refused_and_harms_nothing(study: Path, undisturbed: Path) -> None:
    forget(study, "identity", "learning")
    params = (study / "params.yaml").read_text()
    with started(study, *TRIALS) as run:
        until(lambda: any((study / LOCKS).glob("*")))
        # Even if it asks for something else: the first one's records stay in place.
        other = {"tf2.18-cpu": {"probes": ["learning"]}}
        change_params(study, environments=other, learning={"epochs": 2}, exchange={"images": 64})
        before = records(study)
        assert "Directory cannot be locked" in refused(study, *TRIALS)
        # An invalid parameter waits for the next start, too: jobs on other machines read it as this one does.
        change_params(study, learning={"epochs": 0})
        assert "Directory cannot be locked" in refused(study, *TRIALS)
        assert before.items() <= records(study).items()
        (study / "params.yaml").write_text(params)
        assert run.wait(600) == 0
    require_whole(study, undisturbed, before)
