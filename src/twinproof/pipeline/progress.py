"""The progress of a run: the trials and jobs that are done, the running ones, failures, and the remaining time."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from twinproof.base.numbers import counted, duration
from twinproof.pipeline.estimates import Estimates
from twinproof.pipeline.forecast import Forecast, Job, job, job_of_trials
from twinproof.pipeline.schedule import Batches
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial


class Started(NamedTuple):
    """A job that was started at `since`, in seconds of a clock."""

    job: Job
    title: str
    logs: tuple[str, ...]
    since: float

    def finished(self, now: float) -> str:
        """Describe the finished job."""
        took = duration(now - self.since)
        many = len(self.job.trials)
        return f"{self.title}: {counted(many, 'trial')} in {took}" if many > 1 else f"{self.title} in {took}"


class Progress:
    """The state of a run, from Snakemake's messages about its jobs, and from the existing records.

    `jobs` are the foreseen jobs, `done` the trials that were measured before, and `steps` is the number of jobs as
    Snakemake counts them. `slots` jobs run at a time; `local` is whether they run on this machine.
    """

    def __init__(
        self,
        jobs: Iterable[Job],
        done: Iterable[Trial],
        steps: int,
        *,
        trials: Path,
        batches: Batches,
        estimates: Estimates,
        slots: int,
        local: bool,
    ) -> None:
        self._trials, self._batches, self._estimates = trials, batches, estimates
        self._slots, self.local = slots, local
        self._waiting = list(jobs)
        self._done = set(done)
        self._planned = self._done.union(*(one.trials for one in self._waiting))
        self._steps = (0, steps)
        self._started: dict[int, Started] = {}
        self._failed: dict[int, Started] = {}
        # The seconds that the finished jobs took, and the seconds that were expected.
        self._took = self._expected = 0.0

    def start(self, jobid: int, rule: str, wildcards: Mapping[str, str], logs: Sequence[str], now: float) -> None:
        """Record that a job was started, or started again after it failed."""
        self._failed.pop(jobid, None)
        trials = self._trials_of(rule, wildcards)
        foreseen = self._foreseen(rule, wildcards, trials)
        self._planned.update(foreseen.trials)
        self._started[jobid] = Started(foreseen, _title(foreseen, wildcards), tuple(logs), now)

    def finish(self, jobid: int, now: float) -> str | None:
        """Record that a job is done; describe it."""
        ended = self._end(jobid)
        if ended is None:
            return None
        if ended.job.seconds:
            self._took += now - ended.since
            self._expected += ended.job.seconds
        return ended.finished(now)

    def fail(self, jobid: int) -> None:
        """Record that a job failed."""
        if ended := self._end(jobid):
            self._failed[jobid] = ended

    def count(self, done: int, total: int) -> None:
        """Record how many jobs are done, and their total number; timing may add some."""
        self._steps = done, total

    def look(self) -> None:
        """Look for new records of the running jobs."""
        for one in self._started.values():
            self._look(one.job)

    def running(self, now: float) -> list[tuple[str, str, str]]:
        """Return for each running job its title, how many trials of its kind are done, and how long it has run."""
        planned, done = _by_kind(self._planned), _by_kind(self._done)
        return [
            (
                one.title,
                f"{done[kind]} of {counted(planned[kind], 'trial')}" if one.job.trials else "",
                duration(now - one.since),
            )
            for one in self._started.values()
            for kind in [(one.job.environment, one.job.probe)]
        ]

    def describe(self, now: float) -> str:
        """Describe the progress in one line."""
        parts = [f"{self._steps[0]} of {counted(self._steps[1], 'job')}"]
        if self._planned:
            parts.insert(0, f"{len(self._done)} of {counted(len(self._planned), 'trial')}")
        failed = [f"{counted(len(self._failed), 'job')} failed"] if self._failed else []
        left = [_about(self.left(now))] if self._steps[0] < self._steps[1] else []
        return "; ".join([", ".join(parts) + " done", *failed, *left])

    def failures(self) -> list[str]:
        """Describe each failed job in one line."""
        return [f"failed: {one.title}; log: {', '.join(one.logs) or 'none'}" for one in self._failed.values()]

    def left(self, now: float) -> float:
        """Return the seconds until all jobs are done, from the plan and the pace of the finished jobs."""
        # On a cluster a job also waits, which says nothing about how fast it is.
        pace = self._took / self._expected if self.local and self._expected else 1.0
        rest = [one._replace(seconds=one.seconds * pace) for one in self._waiting]
        for one in self._started.values():
            rest.append(one.job._replace(seconds=max(0.0, one.job.seconds * pace - (now - one.since))))
        return Forecast(rest, []).wall(self._slots, self.local)

    def _end(self, jobid: int) -> Started | None:
        ended = self._started.pop(jobid, None)
        if ended:
            self._look(ended.job)
        return ended

    def _look(self, job: Job) -> None:
        self._done.update(one for one in job.trials if one not in self._done and (self._trials / one.path).exists())

    def _trials_of(self, rule: str, wildcards: Mapping[str, str]) -> list[Trial]:
        if rule == "run_batch":
            return self._batches["{environment}/{probe}-{batch}".format_map(wildcards)]
        if rule == "run_trial":
            environment, twin, probe, replicate = map(wildcards.__getitem__, Trial._fields)
            return [Trial(environment, twin, Probe(probe), int(replicate))]
        return []

    def _foreseen(self, rule: str, wildcards: Mapping[str, str], trials: list[Trial]) -> Job:
        """Return the planned job, which no longer waits, or an estimate for one that was not planned."""
        environment = wildcards.get("environment", "")
        for number, one in enumerate(self._waiting):
            alike = not one.trials and (one.rule, one.environment) == (rule, environment)
            if not set(trials).isdisjoint(one.trials) if trials else alike:
                return self._waiting.pop(number)
        if left := [one for one in trials if one not in self._done]:
            return job_of_trials(rule, left, self._estimates)
        return job(rule, self._estimates, environment)


def _by_kind(trials: Iterable[Trial]) -> Counter[tuple[str, str]]:
    return Counter((one.environment, one.probe) for one in trials)


def _title(job: Job, wildcards: Mapping[str, str]) -> str:
    if len(job.trials) == 1:
        return " ".join(map(str, job.trials[0]))
    if job.trials:
        return f"{job.environment} {job.probe}"
    return " ".join([job.rule, *wildcards.values()])


def _about(seconds: float) -> str:
    return f"about {duration(seconds)} left" if seconds >= 60 else "less than a minute left"
