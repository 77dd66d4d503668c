"""How long trials and jobs will take and how much they will write: from earlier records, else from a shipped study.

A trial is taken to need what the median of those like it needed: of the same twin in the same environment, else of the
same probe in it, else of the same probe anywhere. What their parameters asked of them is taken into account where the
time goes with it. Of jobs without trials, the shipped study alone tells.
"""

import functools
from itertools import islice
from pathlib import Path
from statistics import median
from typing import NamedTuple

from twinproof.pipeline.durations import Duration, from_csv, of_records, work
from twinproof.study.params import Params
from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_cells

SHIPPED = Path(__file__).parents[3] / "workflow" / "durations.csv"
# Of each cell, as many records as say what is typical.
ENOUGH = 3


class Estimate(NamedTuple):
    """What something is expected to take, and whether earlier records of this study say so."""

    seconds: float
    bytes: float
    earlier: bool


class Estimates:
    """What the trials and jobs of a study are expected to take."""

    def __init__(self, params: Params, results: Path) -> None:
        self._params, self._results = params, results

    def trial(self, trial: Trial) -> Estimate:
        """Return what a trial will take, without the start of its process."""
        return self._estimate(trial.environment, trial.twin, trial.probe)

    def start(self, rule: str, environment: str) -> float:
        """Return the seconds that a job of trials by this rule takes for all but its trials."""
        return self.job(rule, environment).seconds

    def job(self, rule: str, environment: str = "") -> Estimate:
        """Return what a job without trials will take; nothing, if nothing is known of its rule."""
        return self._estimate(environment, "", rule)

    # There is one of these, for as long as the process.
    @functools.cache  # noqa: B019
    def _estimate(self, environment: str, twin: str, what: str) -> Estimate:
        settings = self._params.plain_settings(Probe(what)) if what in self._params.settings else {}
        units = work(what, settings)
        for earlier, durations in self._durations:
            alike = [one for one in durations if one.what == what]
            alike = [one for one in alike if one.environment == environment] or alike
            if alike := [one for one in alike if one.twin == twin] or alike:
                seconds = median(one.seconds for one in alike) * units
                return Estimate(seconds, median(one.bytes for one in alike), earlier)
        return Estimate(0.0, 0.0, earlier=False)

    @functools.cached_property
    def _durations(self) -> list[tuple[bool, list[Duration]]]:
        return [(True, self._earlier()), (False, from_csv(SHIPPED))]

    def _earlier(self) -> list[Duration]:
        """Return what some trials of each cell took that have a record: one that counts, or one that was set aside."""
        found: list[Duration] = []
        folders = [Results(self._results).trials, *Results(self._results).superseded.glob("*/")]
        for environment, twin, probe in list_cells(self._params):
            for folder in folders:
                records = folder.glob(f"{environment}/{twin}/{probe}-*.json")
                if durations := list(of_records(islice(records, ENOUGH))):
                    found += durations
                    break
        return found
