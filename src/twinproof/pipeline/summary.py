"""Summaries of a run: what it will do, and what it did."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from twinproof.analysis.planned_trials import in_place, known
from twinproof.base.errors import UserError
from twinproof.base.files import require_room
from twinproof.base.numbers import counted, duration, size
from twinproof.base.reading import read_json
from twinproof.pipeline.estimates import Estimates
from twinproof.pipeline.forecast import Forecast, Job, at_a_time, forecast, job
from twinproof.pipeline.progress import Progress
from twinproof.pipeline.schedule import Batches
from twinproof.study.params import Params
from twinproof.study.results import Results
from twinproof.study.trial import Trial

LISTED = 5  # The most failed trials, and the most errors, in a summary.


class Summary:
    """One run of a study: the records before it, the trials that it was asked for, and the records after it."""

    def __init__(self, params: Params, results: Path, batches: Batches) -> None:
        self._params, self._results, self._batches = params, results, batches
        self._estimates = Estimates(params, results)
        self._before: set[str] = set()
        self._asked: set[Trial] = set()
        self._logs: dict[Path, int] = {}
        self._reports = False
        self._wall, self._began = 0.0, time.monotonic()
        self._jobs: list[Job] = []

    def begin(self, asked: Iterable[Trial], others: Iterable[tuple[str, str]], slots: int, alone: bool) -> str:
        """Describe what is to be done: the trials that are asked for, and other jobs by rule and environment.

        `slots` jobs run at a time, and `alone` is whether timing runs alone.
        """
        self._asked, self._before, others = set(asked), in_place(self._results), list(others)
        self._reports = ("make_report", "") in others
        self._logs = self._written_logs()
        measured = self._measured()
        expected = forecast(self._params, self._results, measured, self._batches, self._estimates)
        trials = [job_of_trials for job_of_trials in expected.jobs if self._asked.intersection(job_of_trials.trials)]
        jobs = self._jobs = [*trials, *(job(rule, self._estimates, environment) for rule, environment in others)]
        self._wall, self._began = Forecast(jobs, []).wall(slots, alone), time.monotonic()
        earlier = sum(len(job_of_trials.trials) for job_of_trials in trials if job_of_trials.earlier)
        return (
            f"to do: {counted(len(self._asked), 'trial')} in {len(trials)} of {counted(len(jobs), 'job')}, "
            f"{duration(Forecast(jobs, []).seconds())} of processor time; {len(measured)} are done; "
            f"everything takes about {duration(self._wall)} with {at_a_time(slots)} "
            f"({_source(earlier, len(self._asked))})"
        )

    def progress(self, steps: int, slots: int, local: bool) -> Progress:
        """Return the state of the run that begins, of `steps` jobs as Snakemake counts them."""
        return Progress(
            self._jobs,
            map(Trial.from_path, self._measured()),
            steps,
            trials=Results(self._results).trials,
            batches=self._batches,
            estimates=self._estimates,
            slots=slots,
            local=local,
        )

    def end(self, left: Iterable[Trial] = (), others: int = 0) -> str:
        """Describe what was done, how it compares with the plan, and what is left: trials, and `others` jobs."""
        self._asked |= set(left)
        there = self._measured()
        # Timing may have added trials that were not known at the beginning.
        new = sorted(there - self._before)
        failed = sorted(trial for trial in self._asked if trial.path not in there)
        wall = duration(time.monotonic() - self._began)
        lines = [
            f"done: {counted(len(new), 'trial')} run, {len(there & self._before)} reused, "
            f"{len(failed)} failed or not run, in {wall} (planned: {duration(self._wall)})"
        ]
        lines += self._compared(new)
        lines += [
            f"  no record: {trial.environment} {trial.twin} {trial.probe} {trial.replicate}"
            for trial in failed[:LISTED]
        ]
        if len(failed) > LISTED:
            lines.append(f"  and {len(failed) - LISTED} more; the next start continues with them")
        lines += self._errors()[:LISTED]
        if others:
            lines.append(f"  {counted(others, 'other job')} failed or not run; the next start continues with them")
        elif self._reports and not failed:
            lines.append(f"report: {Results(self._results).page}")
        try:
            require_room(self._results)
        except UserError as error:
            # A full disk may have kept this error out of the logs.
            lines.append(f"  {error}")
        return "\n".join(lines)

    def _compared(self, new: list[str]) -> Iterator[str]:
        """Yield a line for each environment and probe: what trials took, without the start of their processes."""
        kinds = defaultdict(list)
        for path in new:
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
        """Return each user error in the logs of this run, once."""
        changed = [path for path, written in self._written_logs().items() if self._logs.get(path) != written]
        lines = (line for path in changed for line in path.read_text(errors="replace").splitlines())
        return list(dict.fromkeys(f"  {line}" for line in lines if line.startswith("error: ")))

    def _written_logs(self) -> dict[Path, int]:
        """Return the modification time of the log of each job that measures, in nanoseconds."""
        logs = Results(self._results).logs
        paths = [path for kind in ("batches", "models", "trials") for path in sorted((logs / kind).rglob("*.log"))]
        return {path: path.stat().st_mtime_ns for path in paths}

    def _measured(self) -> set[str]:
        """Return the paths of the existing records of this study."""
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
