"""Prepares a folder of results at the start of a run, and lets a dry run plan the same jobs.

The start of a run sets aside records that do not count, brings back those that count again, writes the plan, and marks
the batches that are done. From then on Snakemake goes by the existing files. A dry run writes nothing, but still plans
the same jobs: one file stands in for everything that the start of a run would write, move or remove. That file never
exists; a rule pretends to make it (docs/decisions/0018).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from twinproof.base.files import holds
from twinproof.base.numbers import counted
from twinproof.environments.environment import Environment
from twinproof.environments.marks import check_image_marks, misplaced_marks
from twinproof.pipeline import schedule
from twinproof.pipeline.counting import Changes, apply_changes, find_changes
from twinproof.pipeline.estimates import Estimates
from twinproof.study.params import Params
from twinproof.study.results import Results
from twinproof.study.settings import Probe
from twinproof.study.trial import Trial, list_trials


@dataclass
class Start:
    """The start of a run: its batches, and the changes that it has yet to make."""

    results: Path
    batches: schedule.Batches
    seconds: float = 0
    environments: list[str] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes.none)
    marks: dict[Path, Path] = field(default_factory=dict)
    decisions: set[Path] = field(default_factory=set)
    done: bool = True

    @classmethod
    def planned(cls, params: Params, results: Path, seconds: float) -> Self:
        """Return the start of a run with batches of about `seconds`, before any change is made.

        Raises
        ------
        UserError
            As `find_changes`.
        """
        batches = schedule.present_schedule(list_trials(params), Estimates(params, results), seconds, results)
        environments = list(params.environments)
        start = cls(results, batches, seconds, environments, find_changes(params, results), done=False)
        start.marks = misplaced_marks(environments)
        start.decisions = set(start._unfounded())
        return start

    @classmethod
    def made(cls, results: Path) -> Self:
        """Return the start that the current run has made.

        Raises
        ------
        UserError
            If its schedule cannot be read.
        """
        return cls(results, schedule.read_schedule(results))

    def make(self) -> None:
        """Make the changes, unless they are made already.

        Raises
        ------
        UserError, OSError
            If something cannot be written or moved.
        """
        if not self.done:
            apply_changes(self.changes)
            check_image_marks(self.environments)
            schedule.write_schedule(self.batches, self.seconds, self.results)
            for path in self.decisions:
                path.unlink()
            self.changes, self.marks, self.decisions, self.done = Changes.none(), {}, set(), True

    @property
    def stand_in(self) -> str:
        """The file that stands in for everything to be written, moved or removed; it never exists."""
        return f"{self.results}/begun"

    def describe(self) -> str:
        """Describe what the start of a run would do."""
        done = [
            f"{counted(len(self.changes.written), 'file')} of the plan written",
            f"{counted(len(self.changes.aside), 'record')} set aside",
            f"{counted(len(self.changes.back), 'record')} restored",
        ]
        torn = [f"{path}: not a record, truncated or edited; will be set aside" for path in self.changes.torn]
        images = [
            f"{environment.name}: the image is {environment.image_fault()}; it counts as not built"
            for environment in map(Environment, self.environments)
            if environment.image_mark in self.marks
        ]
        return "\n".join([f"the start of a run, before any job: {', '.join(done)}", *torn, *images])

    def measured(self, trial: Trial) -> bool:
        """Return whether a trial has a record that counts."""
        place = self._place(trial)
        return place in self.changes.back or (place.exists() and place not in self.changes.aside)

    def file(self, path: Path) -> str:
        """Return a file of the plan, as an input."""
        return self.stand_in if path in self.changes.written else str(path)

    def record(self, trial: Trial) -> str:
        """Return the record of a trial, as an input."""
        place = self._place(trial)
        return self.stand_in if place in self.changes.back else str(place)

    def mark(self, name: str) -> str:
        """Return the mark of a batch, as an input."""
        path, own = schedule.mark(self.results, name), self.batches[name]
        if self.done or not all(map(self.measured, own)):
            return str(path)
        places = [self._place(trial) for trial in own]
        if not self.changes.back.keys().isdisjoint(places):
            return self.stand_in
        last = schedule.newer(path, places)
        if last is None or (path.exists() and holds(path, schedule.sums(self.results, own))):
            return str(path)
        # The mark will be written with the modification time of this record.
        return str(last)

    def to_be_replaced(self, path: Path) -> list[str]:
        """Return inputs that make Snakemake run a job whose existing output does not count."""
        return [self.stand_in] if path.exists() else []

    def unfounded_decision(self, environment: str, twin: str, processes: str) -> list[str]:
        """Return inputs that make Snakemake repeat a decision on timings whose records are missing."""
        path = Results(self.results).decision(environment, twin, processes)
        return [self.stand_in] if path in self.decisions else []

    def image(self, environment: str) -> list[str]:
        """Return the files of an image, as inputs."""
        image = Environment(environment)
        back = image.image_mark in self.marks.values()
        return [str(image.sif)] if back else [str(image.sif), str(image.image_mark)]

    def unfit_image(self, environment: str) -> list[str]:
        """Return inputs that make Snakemake build an image again whose mark is to be set aside."""
        return [self.stand_in] if Environment(environment).image_mark in self.marks else []

    def _unfounded(self) -> Iterator[Path]:
        """Yield the decisions on timings that lack some of the records they were made from."""
        for path in Results(self.results).decisions.glob("*/*/*.json"):
            environment, twin = path.parts[-3:-1]
            if path.stem.isdecimal():
                trials = [Trial(environment, twin, Probe.TIMING, number) for number in range(int(path.stem))]
                if not all(map(self.measured, trials)):
                    yield path

    def _place(self, trial: Trial) -> Path:
        return Results(self.results).record(trial)
