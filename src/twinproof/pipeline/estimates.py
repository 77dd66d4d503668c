"""Estimates how long trials and jobs take and how much they write: from earlier records or from a shipped study.

The estimate of a trial is the median of trials of the same probe: with the same twin in the same environment; if there
are none, in the same environment; if there are none, anywhere. Seconds are scaled with the amount of work that the
parameters define. Estimates of jobs without trials come only from the shipped study.
"""

import functools
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from twinproof.pipeline.durations import Duration, from_csv, of_records, work
from twinproof.study.params import Params, plain
from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_cells

SHIPPED = Path(__file__).parents[3] / "workflow" / "durations.csv"
# Records of each cell that suffice for a median.
ENOUGH = 3


class Estimate(NamedTuple):
    """The expected seconds and bytes, and whether they come from earlier records of this study."""

    seconds: float
    bytes: float
    earlier: bool


class Estimates:
    """The estimates for the trials and jobs of a study."""

    def __init__(self, params: Params, results: Path) -> None:
        self._params, self._results = params, results

    def trial(self, trial: Trial) -> Estimate:
        """Return the estimate for a trial, without the start of its process."""
        return self._estimate(trial.environment, trial.twin, trial.probe)

    def start(self, environment: str) -> float:
        """Return the seconds that a job of trials takes in addition to them; only those of batches are measured."""
        return self.job("run_batch", environment).seconds

    def job(self, rule: str, environment: str = "") -> Estimate:
        """Return the estimate for a job without trials; zero if its rule is unknown."""
        return self._estimate(environment, "", rule)

    # There is one instance, which lives as long as the process.
    @functools.cache  # noqa: B019
    def _estimate(self, environment: str, twin: str, kind: str) -> Estimate:
        units = work(kind, plain(self._params.settings_of(twin, Probe(kind)))) if twin else 1.0
        for earlier, durations in self._durations:
            alike = [duration for duration in durations if duration.what == kind]
            alike = [duration for duration in alike if duration.environment == environment] or alike
            if alike := [duration for duration in alike if duration.twin == twin] or alike:
                seconds = median(duration.seconds for duration in alike) * units
                return Estimate(seconds, median(duration.bytes for duration in alike), earlier)
        return Estimate(0.0, 0.0, earlier=False)

    @functools.cached_property
    def _durations(self) -> list[tuple[bool, list[Duration]]]:
        return [(True, self._earlier()), (False, from_csv(SHIPPED))]

    def _earlier(self) -> list[Duration]:
        """Return durations of a few trials of each cell, from records that count or were set aside."""
        result: list[Duration] = []
        folders = [Results(self._results).trials, *Results(self._results).superseded.glob("*/")]
        for environment, twin, probe in list_cells(self._params):
            for folder in folders:
                records = folder.glob(f"{environment}/{twin}/{probe}-*.json")
                if durations := list(of_records(islice(records, ENOUGH))):
                    result += durations
                    break
        return result
