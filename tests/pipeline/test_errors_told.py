"""The reasons for missing records are repeated at the end of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twinproof.pipeline.estimates import Estimates
from twinproof.pipeline.schedule import present_schedule
from twinproof.pipeline.summary import Summary
from twinproof.study.params import Params
from twinproof.study.trial import list_trials

ERROR = "error: twins.simple: `subclassed` cannot be built: TypeError: no (simple.py, line 3)"


@pytest.fixture
def log(project: Path) -> Callable[[str, str], None]:
    """Write the log of a job below results/logs."""

    def write(name: str, text: str) -> None:
        path = project / "results/logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


def begun(params: dict[str, Any]) -> Summary:
    params["twins"] = {"simple": params["twins"]["simple"]}
    params["environments"] = {"tf2.21-cpu": {"probes": ["identity"]}}
    results, trials = Path("results").absolute(), list_trials(Params.parse(params))
    summary = Summary(
        Params.parse(params), results, present_schedule(trials, Estimates(Params.parse(params), results), 1e6, results)
    )
    summary.begin(trials, [], 2, alone=True)
    return summary


def test_each_error_of_this_run_is_repeated_once(params: dict[str, Any], log: Callable[[str, str], None]) -> None:
    log("batches/tf2.21-cpu/learning-0.log", "error: of an earlier run\n")
    summary = begun(params)
    log(
        "batches/tf2.21-cpu/identity-0.log",
        f"Traceback\n  error: not in the line's beginning\n{ERROR}\nothers\n{ERROR}\n",
    )
    log("trials/tf2.21-cpu/simple/timing-0.log", f"{ERROR}\n")
    log("models/tf2.21-cpu/simple.log", "error: twins.simple: of another kind\n")
    assert [line for line in summary.end().splitlines() if "error" in line] == [
        f"  {ERROR}",
        "  error: twins.simple: of another kind",
    ]
