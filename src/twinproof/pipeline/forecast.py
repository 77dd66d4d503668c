"""Forecasts the jobs of a run, and the seconds and the bytes that they take."""

from __future__ import annotations

import heapq
import sys
from collections import Counter
from collections.abc import Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from twinproof.analysis.family import timed
from twinproof.analysis.planned_trials import decided
from twinproof.base.numbers import counted, duration, size
from twinproof.environments.environment import Environment
from twinproof.pipeline.estimates import Estimates
from twinproof.pipeline.schedule import Batches
from twinproof.report import WITH_NOTEBOOK
from twinproof.study.params import Params
from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_cells, list_writers

if TYPE_CHECKING:
    from rich.table import Table

# The rules that use all records, in the order in which they run.
FINAL = ("make_tables", "make_report", "make_version", "make_crate")


class Job(NamedTuple):
    """A job to run: its trials, if it has any, and the processor seconds and the bytes that it is expected to take.

    `earlier` is whether these are known from earlier records of the study, and not only from a shipped one.
    """

    rule: str
    environment: str
    probe: str
    trials: tuple[Trial, ...]
    seconds: float
    bytes: float
    earlier: bool


class Forecast(NamedTuple):
    """All jobs of a study that are still to run, and the timing jobs that sampling may add."""

    jobs: list[Job]
    added: list[Job]

    def seconds(self) -> float:
        """Return the processor seconds of all jobs."""
        return sum(job.seconds for job in self.jobs)

    def bytes(self) -> float:
        """Return the bytes that all jobs write."""
        return sum(job.bytes for job in self.jobs)

    def wall(self, slots: int, alone: bool) -> float:
        """Return the seconds until all jobs are done, `slots` at a time; timing may have the machine `alone`."""
        stages = (
            [job for job in self.jobs if job.rule in ("create_venv", "verify_data")],
            [job for job in self.jobs if job.rule == "write_models"],
            [job for job in self.jobs if job.rule == "run_batch"],
            [job for job in self.jobs if job.rule == "run_trial"],
            [job for job in self.jobs if job.rule == "run_notebook"],
            *([job] for job in self.jobs if job.rule in FINAL),
        )
        return sum(
            _together(stage, 1 if alone and stage and stage[0].rule == "run_trial" else slots) for stage in stages
        )


def forecast(params: Params, results: Path, there: Set[str], batches: Batches, estimates: Estimates) -> Forecast:
    """Return what is still to be done of a study; `there` has the paths of the records that count."""
    trials = [*_batches(there, batches, estimates), *_timings(params, results, there, estimates)]
    before = list(_before(params, results, trials, estimates))
    after = []
    if trials or not Results(results).crate.exists():
        cells = {cell for cell in list_cells(params) if cell[2] in WITH_NOTEBOOK}
        after = [job("run_notebook", estimates, environment=cell[0]) for cell in sorted(cells)]
        after += [job(rule, estimates) for rule in FINAL]
    return Forecast([*before, *trials, *after], list(_added(params, results, there, estimates)))


def job(rule: str, estimates: Estimates, environment: str = "") -> Job:
    """Return a job without trials."""
    return Job(rule, environment, "", (), *estimates.job(rule, environment))


def _batches(there: Set[str], batches: Batches, estimates: Estimates) -> Iterator[Job]:
    for own in batches.values():
        if missing := [trial for trial in own if trial.path not in there]:
            yield job_of_trials("run_batch", missing, estimates)


def _timings(params: Params, results: Path, there: Set[str], estimates: Estimates) -> Iterator[Job]:
    for environment, twin in timed(params):
        for trial in decided(params, results, there, environment, twin)[0]:
            if trial.path not in there:
                yield job_of_trials("run_trial", [trial], estimates)


def _added(params: Params, results: Path, there: Set[str], estimates: Estimates) -> Iterator[Job]:
    most = params.timing.sampling.most
    for environment, twin in timed(params):
        trials, final = decided(params, results, there, environment, twin)
        for number in range(len(trials), len(trials) if final else most):
            trial = Trial(environment, twin, Probe.TIMING, number)
            if trial.path not in there:
                yield job_of_trials("run_trial", [trial], estimates)


def _before(params: Params, results: Path, trials: list[Job], estimates: Estimates) -> Iterator[Job]:
    """Yield the jobs that the trials wait for."""
    readers = {trial.twin for job in trials for trial in job.trials if trial.probe == Probe.EXCHANGE}
    writers = {(environment, twin) for twin in readers for environment in list_writers(params, twin)}
    for environment in sorted({job.environment for job in trials} | {name for name, _ in writers}):
        if Environment(environment).venv_fault():
            yield job("create_venv", estimates, environment)
    for environment, twin in sorted(writers):
        if not Results(results).archive(environment, twin).exists():
            yield job("write_models", estimates, environment)
    if trials and not Results(results).data.exists():
        yield job("verify_data", estimates)


def job_of_trials(rule: str, trials: list[Trial], estimates: Estimates) -> Job:
    """Return a job that runs trials of one probe in one environment."""
    expected = [estimates.trial(trial) for trial in trials]
    environment, _, probe, _ = trials[0]
    seconds = estimates.start(environment) + sum(estimate.seconds for estimate in expected)
    size, earlier = sum(estimate.bytes for estimate in expected), all(estimate.earlier for estimate in expected)
    return Job(rule, environment, probe, tuple(trials), seconds, size, earlier)


def _together(jobs: list[Job], slots: int) -> float:
    """Return the seconds that jobs take, `slots` at a time, the longest first."""
    # `slots` may be unlimited.
    busy = [0.0] * max(1, min(slots, len(jobs)))
    for seconds in sorted((job.seconds for job in jobs), reverse=True):
        heapq.heapreplace(busy, busy[0] + seconds)
    return max(busy)


def forecast_table(planned: list[Trial], expected: Forecast) -> Table:
    """Return a table of what is done and to do by environment and probe, with its cost, and then all other jobs."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for column in ("environment", "probe or job", "trials", "done", "jobs", "processor", "disk", "known from"):
        left = column in ("environment", "probe or job", "known from")
        table.add_column(column, justify="left" if left else "right", no_wrap=True)
    counts = Counter((trial.environment, trial.probe) for trial in planned)
    trials = [job for job in expected.jobs if job.trials]
    for (environment, probe), count in counts.items():
        own = [job for job in trials if (job.environment, job.probe) == (environment, probe)]
        done = count - sum(len(job.trials) for job in own)
        table.add_row(environment, probe, str(count), str(done), *_cost(own))
    others = [job for job in expected.jobs if not job.trials]
    for rule in dict.fromkeys(job.rule for job in others):
        table.add_row("", rule, "", "", *_cost([job for job in others if job.rule == rule]))
    return table


def _cost(jobs: list[Job]) -> tuple[str, str, str, str]:
    if not jobs:
        return "0", "", "", ""
    known = "records" if all(job.earlier for job in jobs) else "shipped"
    total = Forecast(jobs, [])
    return str(len(jobs)), duration(total.seconds()), size(total.bytes()), known


def describe_forecast(expected: Forecast, slots: int, alone: bool) -> str:
    """Describe the cost of all jobs in words."""
    count = sum(len(job.trials) for job in expected.jobs)
    if not expected.jobs:
        return "there is nothing to measure; `snakemake -n` shows which other files would be made again"
    lines = [
        f"to do: {counted(count, 'trial')}, {counted(len(expected.jobs), 'job')}, "
        f"{duration(expected.seconds())} of processor time, "
        f"{size(expected.bytes())}; about {duration(expected.wall(slots, alone))} with {at_a_time(slots)}"
    ]
    if expected.added:
        most = Forecast([*expected.jobs, *expected.added], []).wall(slots, alone)
        added = counted(len(expected.added), "trial")
        lines.append(f"timing may add up to {added}, if its intervals are too wide: {duration(most)}")
    return "\n".join(lines)


def at_a_time(slots: int) -> str:
    """Describe how many jobs run at a time; in Snakemake, `sys.maxsize` means any number."""
    return "any number at a time" if slots == sys.maxsize else f"{slots} at a time"
