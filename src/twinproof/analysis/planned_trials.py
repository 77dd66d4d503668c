"""The trials of a study: those that its parameters define, and those that timing has added."""

from collections.abc import Set
from pathlib import Path

from twinproof.analysis.family import timed
from twinproof.analysis.sampling import counts
from twinproof.base.errors import UserError
from twinproof.study.params import Params
from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_trials


def planned_trials(params: Params, results: Path) -> list[Trial]:
    """Return every trial that the parameters define, and every trial that timing has added.

    Raises
    ------
    UserError
        If the number of processes of a timing has not been decided yet.
    """
    trials = _without_timing(params)
    for environment, twin in timed(params):
        *_, last = counts(params, results, environment, twin)
        trials += _timings(environment, twin, last)
    return trials


def in_place(results: Path) -> set[str]:
    """Return all records that are in their places, by their paths."""
    trials = Results(results).trials
    return {path.relative_to(trials).as_posix() for path in trials.glob("*/*/*.json")}


def decided(params: Params, results: Path, there: Set[str], environment: str, twin: str) -> tuple[list[Trial], bool]:
    """Return the timing trials of a twin that were decided so far, and whether they are all.

    A decision counts if the records that it was made from are in `there`, and it was made for the current targets.
    """
    trials: list[Trial] = []
    try:
        for count in counts(params, results, environment, twin):
            trials = _timings(environment, twin, count)
            if not all(trial.path in there for trial in trials):
                return trials, False
    except (UserError, OSError, ValueError, KeyError):
        return trials, False
    return trials, True


def known(params: Params, results: Path, there: Set[str]) -> list[Trial]:
    """Return all known trials of a study."""
    timings = [trial for cell in timed(params) for trial in decided(params, results, there, *cell)[0]]
    return _without_timing(params) + timings


def _without_timing(params: Params) -> list[Trial]:
    return [trial for trial in list_trials(params) if trial.probe != Probe.TIMING]


def _timings(environment: str, twin: str, count: int) -> list[Trial]:
    return [Trial(environment, twin, Probe.TIMING, number) for number in range(count)]
