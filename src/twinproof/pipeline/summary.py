"""What a run said it would do, and what it did."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from twinproof.analysis.trials import in_place, known
from twinproof.base.errors import UserError
from twinproof.base.files import require_room
from twinproof.base.numbers import counted, duration, size
from twinproof.base.reading import read_json
from twinproof.pipeline.estimates import Estimates
from twinproof.pipeline.forecast import Forecast, at_a_time, forecast, job
from twinproof.pipeline.schedule import Batches
from twinproof.study.params import Params
from twinproof.study.results import Results
from twinproof.study.trial import Trial

NAMED = 5  # So many trials that failed are named, and so many errors told.


class Summary:
    """One run of a study: what it finds when it begins, is asked for, and leaves."""

    def __init__(self, params: Params, results: Path, batches: Batches) -> None:
        self._params, self._results, self._batches = params, results, batches
        self._estimates = Estimates(params, results)
        self._before: set[str] = set()
        self._asked: set[Trial] = set()
        self._logs: dict[Path, int] = {}
        self._reports = False
        self._wall, self._began = 0.0, time.monotonic()

    def begin(self, asked: Iterable[Trial], others: Iterable[tuple[str, str]], slots: int, alone: bool) -> str:
        """Say what is to be done: the trials that are asked for, and other jobs, each by its rule and environment.

        `slots` jobs run at a time, and timing `alone` or not.
        """
        self._asked, self._before, others = set(asked), in_place(self._results), list(others)
        self._reports = ("make_report", "") in others
        self._logs = self._written_logs()
        found = self._measured()
        whole = forecast(self._params, self._results, found, self._batches, self._estimates)
        trials = [one for one in whole.jobs if self._asked.intersection(one.trials)]
        jobs = [*trials, *(job(rule, self._estimates, environment) for rule, environment in others)]
        self._wall, self._began = Forecast(jobs, []).wall(slots, alone), time.monotonic()
        earlier = sum(len(one.trials) for one in trials if one.earlier)
        return (
            f"to do: {counted(len(self._asked), 'trial')} in {len(trials)} of {counted(len(jobs), 'job')}, "
            f"{duration(Forecast(jobs, []).seconds())} of processor time; {len(found)} are done; "
            f"all of it takes about {duration(self._wall)} with {at_a_time(slots)} "
            f"({_source(earlier, len(self._asked))})"
        )

    def end(self, left: Iterable[Trial] = (), others: int = 0) -> str:
        """Say what was done, how that compares with what was planned, and what was left: trials, and `others` jobs."""
        self._asked |= set(left)
        there = self._measured()
        # What timing decided on may not have been known of, and yet be there.
        came = sorted(there - self._before)
        failed = sorted(trial for trial in self._asked if trial.path not in there)
        wall = duration(time.monotonic() - self._began)
        lines = [
            f"done: {counted(len(came), 'trial')} run, {len(there & self._before)} reused, "
            f"{len(failed)} failed or not run, in {wall} (planned: {duration(self._wall)})"
        ]
        lines += self._compared(came)
        lines += [
            f"  no record: {trial.environment} {trial.twin} {trial.probe} {trial.replicate}" for trial in failed[:NAMED]
        ]
        if len(failed) > NAMED:
            lines.append(f"  and {len(failed) - NAMED} more; the next start goes on with them")
        lines += self._errors()[:NAMED]
        if others:
            lines.append(f"  {counted(others, 'other job')} failed or not run; the next start goes on with them")
        elif self._reports and not failed:
            lines.append(f"report: {Results(self._results).page}")
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
            trial = Trial.from_path(path)
            expected = self._estimates.trial(trial)
            record = Results(self._results).trials / path
            took, wrote = read_json(record)["seconds"], record.stat().st_size
            kinds[trial.environment, trial.probe].append((expected.seconds, took, expected.bytes, wrote))
        for (environment, probe), figures in sorted(kinds.items()):
            planned, took, planned_bytes, wrote = map(sum, zip(*figures, strict=True))
            yield (
                f"  {environment} {probe}: {counted(len(figures), 'trial')} took {duration(took)} "
                f"(planned: {duration(planned)}) and wrote {size(wrote)} (planned: {size(planned_bytes)})"
            )

    def _errors(self) -> list[str]:
        """Return each error of a user's own that the trials of this run ended with, once."""
        new = [path for path, written in self._written_logs().items() if self._logs.get(path) != written]
        told = (line for path in new for line in path.read_text(errors="replace").splitlines())
        return list(dict.fromkeys(f"  {line}" for line in told if line.startswith("error: ")))

    def _written_logs(self) -> dict[Path, int]:
        """Return when the log of each job that measures was last written."""
        logs = Results(self._results).logs
        found = [path for kind in ("batches", "models", "trials") for path in sorted((logs / kind).rglob("*.log"))]
        return {path: path.stat().st_mtime_ns for path in found}

    def _measured(self) -> set[str]:
        """Return the path of each record of this study that is there."""
        there = in_place(self._results)
        return there & {trial.path for trial in known(self._params, self._results, there)}


def _source(earlier: int, count: int) -> str:
    if earlier == count:
        return "from earlier records"
    return (
        "from the shipped durations"
        if not earlier
        else f"{earlier} from earlier records, the others from the shipped durations"
    )
