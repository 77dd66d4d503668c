"""What a run said it would do, and what it did."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from twinproof import plan
from twinproof.errors import UserError
from twinproof.files import require_room
from twinproof.params import Params
from twinproof.run.estimates import Estimates
from twinproof.run.forecast import Forecast, Job, duration, forecast, size
from twinproof.run.schedule import Batches

NAMED = 5  # As many trials that failed are named.


class Summary:
    """One run of a study: what it finds when it begins, is asked for, and leaves."""

    def __init__(self, params: Params, results: Path, batches: Batches) -> None:
        self._params, self._results, self._batches = params, results, batches
        self._estimates = Estimates(params, results)
        self._found: set[str] = set()
        self._asked: set[plan.Trial] = set()
        self._wall, self._began = 0.0, time.monotonic()

    def begin(self, rules: set[str], asked: Iterable[plan.Trial], slots: int, alone: bool) -> str:
        """Say what is to be done: the trials that are asked for, and other jobs of these rules.

        `slots` jobs run at a time, and timing `alone` or not.
        """
        self._asked, self._found = set(asked), self._measured()
        whole = forecast(self._params, self._results, self._batches, self._estimates)
        jobs = [job for job in whole.jobs if (set(job.trials) & self._asked if job.trials else job.rule in rules)]
        self._wall, self._began = Forecast(jobs, []).wall(slots, alone), time.monotonic()
        trials = [job for job in jobs if job.trials]
        known = sum(len(job.trials) for job in trials if job.earlier)
        return (
            f"to do: {len(self._asked)} trials in {len(trials)} jobs, {_cost(trials)}; {len(self._found)} are done; "
            f"all of it takes about {duration(self._wall)} with {slots} jobs at a time "
            f"({_source(known, len(self._asked))})"
        )

    def end(self) -> str:
        """Say what was done, and how that compares with what was planned."""
        measured = self._measured()
        came = sorted(measured - self._found)
        failed = sorted(trial for trial in self._asked if trial.path not in measured)
        wall = duration(time.monotonic() - self._began)
        lines = [
            f"done: {len(came)} trials run, {len(self._found)} reused, {len(failed)} failed or not run, in {wall} "
            f"(planned: {duration(self._wall)})"
        ]
        lines += self._compared(came)
        lines += [
            f"  no record: {trial.environment} {trial.twin} {trial.probe} {trial.replicate}" for trial in failed[:NAMED]
        ]
        if len(failed) > NAMED:
            lines.append(f"  and {len(failed) - NAMED} more; the next start goes on with them")
        try:
            require_room(self._results)
        except UserError as error:
            # The logs may lack it, for the same reason.
            lines.append(f"  {error}")
        return "\n".join(lines)

    def _compared(self, came: list[str]) -> Iterator[str]:
        """Tell by environment and probe what trials took, without the start of their processes."""
        kinds = defaultdict(list)
        for path in came:
            environment, twin, name = path.split("/")
            probe, _, replicate = name.removesuffix(".json").rpartition("-")
            expected = self._estimates.trial(plan.Trial(environment, twin, probe, int(replicate)))
            text = (self._results / "trials" / path).read_text()
            kinds[environment, probe].append((expected.seconds, json.loads(text)["seconds"], expected.bytes, len(text)))
        for (environment, probe), figures in sorted(kinds.items()):
            planned, took, planned_bytes, wrote = map(sum, zip(*figures, strict=True))
            yield (
                f"  {environment} {probe}: {len(figures)} trials took {duration(took)} (planned: {duration(planned)}) "
                f"and wrote {size(wrote)} (planned: {size(planned_bytes)})"
            )

    def _measured(self) -> set[str]:
        """Return the path of each record of this study that is there."""
        cells = {f"{environment}/{twin}/{probe}" for environment, twin, probe in plan.cells(self._params)}
        paths = (
            path.relative_to(self._results / "trials").as_posix() for path in self._results.glob("trials/*/*/*.json")
        )
        return {path for path in paths if path.rpartition("-")[0] in cells}


def _cost(jobs: list[Job]) -> str:
    return f"{duration(sum(job.seconds for job in jobs))} of processor time"


def _source(known: int, count: int) -> str:
    if known == count:
        return "from earlier records"
    return (
        "from the shipped durations"
        if not known
        else f"{known} from earlier records, the others from the shipped durations"
    )
