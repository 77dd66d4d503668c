"""The trials of a study as far as they are known: those that are planned, and those that timing has decided on."""

from collections.abc import Set
from pathlib import Path

from twinproof.analysis.sampling import counts, timed
from twinproof.base.errors import UserError
from twinproof.study.params import Params
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_trials


def measured(results: Path, trial: Trial) -> bool:
    """Tell whether a trial has a record; once a study is planned, one that is in its place counts (plan.py)."""
    return (results / "trials" / trial.path).exists()


def in_place(results: Path) -> set[str]:
    """Return all records that are in their places, by their paths."""
    trials = results / "trials"
    return {path.relative_to(trials).as_posix() for path in trials.glob("*/*/*.json")}


def decided(params: Params, results: Path, there: Set[str], environment: str, twin: str) -> tuple[list[Trial], bool]:
    """Return the timing trials of a twin that were decided on so far, and whether they are all.

    A decision counts if the records that it was made from are `there`, and it was made for the present targets.
    """
    trials: list[Trial] = []
    try:
        for count in counts(params, results, environment, twin):
            trials = [Trial(environment, twin, Probe.TIMING, number) for number in range(count)]
            if not all(trial.path in there for trial in trials):
                return trials, False
    except (UserError, OSError, ValueError, KeyError):
        return trials, False
    return trials, True


def known(params: Params, results: Path, there: Set[str]) -> list[Trial]:
    """Return all trials of a study that are known of."""
    planned = [trial for trial in list_trials(params) if trial.probe != Probe.TIMING]
    return planned + [trial for cell in timed(params) for trial in decided(params, results, there, *cell)[0]]
