"""A timing on a machine that is too busy is tried again, a few times, and its record says how often."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twinproof.measured import run_trial
from twinproof.measured.guard import Ending
from twinproof.study.params import Params
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial

TIMING = Trial("tf2.21-cpu", "simple", Probe.TIMING, 0)


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Let others take known shares of the processor in trials; return what each trial knew about earlier tries."""
    told: list[Any] = []

    def prepare(*shares: float, status: int = 0) -> list[Any]:
        left = iter(shares)

        def run(_params: Any, _trial: Any, output: Path, _models: Any, _minutes: float, timing: Any) -> None:
            assert not output.exists()
            told.append(list(timing.refused))
            output.write_text(json.dumps({"measurement": {"others": next(left)}}))

        def write_apart(_output: Path, write: Callable[[], object]) -> Ending:
            write()
            return Ending(status, "done")

        monkeypatch.setattr(run_trial, "run", run)
        monkeypatch.setattr(run_trial, "write_apart", write_apart)
        monkeypatch.setattr(run_trial, "PAUSE", 0.0)
        return told

    return prepare


def attempt(params: dict[str, Any], output: Path, trial: Trial = TIMING) -> Ending:
    params["timing"]["busy"] = 0.1
    return run_trial.run_apart(Params.parse(params), trial, output, None, 60)


@pytest.mark.parametrize(
    ("shares", "told"),
    [
        ([0.1], [[]]),
        ([0.5, 0.05], [[], [0.5]]),
        ([0.5, 0.4, 0.05], [[], [0.5], [0.5, 0.4]]),
        ([0.5, 0.4, 0.3, 0.0], [[], [0.5], [0.5, 0.4]]),  # no fourth: the last is kept, busy as it was
    ],
)
def test_it_is_tried_until_others_take_little_but_at_most_three_times(
    tmp_path: Path, params: dict[str, Any], tries: Callable[..., list[Any]], shares: list[float], told: list[Any]
) -> None:
    found = tries(*shares)
    assert attempt(params, tmp_path / "record.json").status == 0
    assert found == told
    assert json.loads((tmp_path / "record.json").read_text())["measurement"]["others"] == shares[len(told) - 1]


def test_a_failed_trial_and_one_without_timing_are_not_tried_again(
    tmp_path: Path, params: dict[str, Any], tries: Callable[..., list[Any]]
) -> None:
    found = tries(0.9, 0.9, status=1)
    assert attempt(params, tmp_path / "failed.json").status == 1
    assert len(found) == 1
    tries(0.9)
    assert attempt(params, tmp_path / "learned.json", TIMING._replace(probe=Probe.LEARNING)).status == 0
    assert len(found) == 2
