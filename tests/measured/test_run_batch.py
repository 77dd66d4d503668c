"""Trials that run in a batch do not differ from those that run alone, and each ends by itself."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.conftest import ENVIRONMENT, REPOSITORY, python_of, until

Completed = subprocess.CompletedProcess[str]

# A twin that ends its process before anything is measured, in the way that its argument says.
TWIN = """
import os, signal, time
from twinproof.measured.twins.simple import functional as sound

def functional(ends):
    if ends == "killed": os.kill(os.getpid(), signal.SIGKILL)
    if ends == "crashes": os.abort()
    if ends == "hangs": time.sleep(1000)
    return sound()

subclassed = functional
"""


@pytest.fixture
def batch(run_in_environment: Callable[..., Completed], project: Path) -> Callable[..., Completed]:
    """Run a batch in the project, with twins that end as their names say."""
    params = yaml.safe_load((project / "params.yaml").read_text())
    (project / "ending.py").write_text(TWIN)
    for name in ("fine", "killed", "crashes", "hangs"):
        params["twins"][name] = {"module": "ending", "arguments": {"ends": name}}
    (project / "params.yaml").write_text(yaml.safe_dump(params))

    def run(*trials: str, probe: str = "identity", limit: str = "60") -> Completed:
        return run_in_environment(
            "-m", "twinproof.measured.run_batch", *arguments(*trials, probe=probe, limit=limit), cwd=project
        )

    return run


def arguments(*trials: str, probe: str = "identity", limit: str = "60") -> list[str]:
    options = {
        "environment": ENVIRONMENT,
        "probe": probe,
        "params": "params.yaml",
        "records": "records",
        "limit": limit,
        "mark": "batch.done",
    }
    return [*(f"--{key}={value}" for key, value in options.items()), "--trials", *trials]


def record(project: Path, trial: str, probe: str = "identity") -> dict[str, Any]:
    twin, replicate = trial.split("/")
    return json.loads((project / f"records/{ENVIRONMENT}/{twin}/{probe}-{replicate}.json").read_text())


# What depends on the moment and the process.
MOMENT = {"started", "seconds", "conditions", "digest"}


def lasting(found: Any) -> Any:
    """Return a record without what differs in every run."""
    if isinstance(found, dict):
        return {key: lasting(value) for key, value in found.items() if key not in MOMENT}
    return [lasting(value) for value in found] if isinstance(found, list) else found


@pytest.mark.parametrize("probe", ["identity", "learning"])
def test_a_record_is_the_same_whether_its_trial_ran_in_a_batch_or_alone(
    batch: Callable[..., Completed], project: Path, run_in_environment: Callable[..., Completed], probe: str
) -> None:
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["data"]["validation"] = 50_000  # So that there is little to learn from.
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    assert batch("simple/0", "dynamic/0", probe=probe).returncode == 0
    together = record(project, "dynamic/0", probe)
    options = {"environment": ENVIRONMENT, "twin": "dynamic", "probe": probe, "replicate": "0", "params": "params.yaml"}
    options["output"] = "alone.json"
    done = run_in_environment(
        "-m", "twinproof.measured.run_trial", *(f"--{key}={value}" for key, value in options.items()), cwd=project
    )
    assert done.returncode == 0, done.stderr
    assert lasting(together) == lasting(json.loads((project / "alone.json").read_text()))


def test_a_trial_that_is_killed_crashes_or_hangs_affects_no_other(
    batch: Callable[..., Completed], project: Path
) -> None:
    done = batch("killed/0", "crashes/0", "fine/0", "hangs/0", "fine/1", limit="0.2")
    assert done.returncode == 1
    assert "killed identity 0: killed from outside, most often because there was not enough memory" in done.stderr
    assert "crashes identity 0: failed with SIGABRT, see above" in done.stderr
    assert "hangs identity 0: failed with exit status 1, see above" in done.stderr
    # The output says where it hung.
    assert "Timeout (0:00:12)!" in done.stderr
    assert 'ending.py", line 8 in functional' in done.stderr
    written = sorted(path.name for path in (project / "records").rglob("*.json"))
    assert written == ["identity-0.json", "identity-1.json"]
    assert {one["twin"] for one in (record(project, "fine/0"), record(project, "fine/1"))} == {"fine"}
    assert not (project / "batch.done").exists()


def test_a_trial_with_a_record_is_not_measured_again(batch: Callable[..., Completed], project: Path) -> None:
    assert batch("fine/0").returncode == 0
    before = record(project, "fine/0")
    done = batch("fine/0", "fine/1")
    assert done.returncode == 0
    assert "fine identity 0" not in done.stderr
    assert record(project, "fine/0") == before
    marked = [line.split()[1] for line in (project / "batch.done").read_text().splitlines()]
    assert marked == [f"{ENVIRONMENT}/fine/identity-{number}.json" for number in (0, 1)]
    assert record(project, "fine/1")["replicate"] == 1


def test_a_trial_ends_with_the_process_that_started_it(batch: Callable[..., Completed], project: Path) -> None:
    python = python_of(ENVIRONMENT)
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}{os.pathsep}{project}"}
    command = [python, "-m", "twinproof.measured.run_batch", *arguments("hangs/0")]
    process = subprocess.Popen(command, cwd=project, env=environment, stderr=subprocess.DEVNULL)
    try:
        # The guard, the trial, and its copy that checks the twin.
        until(lambda: len(psutil.Process(process.pid).children(recursive=True)) == 3)
        started = psutil.Process(process.pid).children(recursive=True)
    finally:
        process.kill()
        process.wait()
    until(lambda: not any(child.is_running() for child in started))


@pytest.mark.parametrize(
    ("trial", "message"),
    [
        ("fine", "--trials fine: allowed: the name of a twin, / and"),
        ("nobody/0", "--twin nobody: not in the parameters"),
    ],
)
def test_an_invalid_trial_is_reported_without_a_traceback(
    batch: Callable[..., Completed], trial: str, message: str
) -> None:
    done = batch(trial)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
