"""Runs a subject in releases of Keras until it is known where its outcome changed, and reports the outcomes."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from pathlib import Path

from twinproof.base.numbers import counted, size
from twinproof.environments.environment import Environment
from twinproof.environments.releases import Release
from twinproof.environments.venv import install
from twinproof.pipeline.bisect.search import Change, find_changes, find_last_change, most
from twinproof.pipeline.bisect.subjects import Outcome, Subject
from twinproof.pipeline.estimates import Estimates
from twinproof.study.params import Params

# Seconds of a program in one release, mostly for the import of TensorFlow.
A_TRY = 20.0

Tell = Callable[[str], None]


@dataclass
class Bisection:
    """The search for changes in a row of releases.

    `tell` is called with a line for each release that is run, `wait` with one before each installation.
    """

    releases: Sequence[Release]
    subject: Subject
    every: bool
    tell: Tell
    wait: Tell
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    installed: int = 0
    seconds: float = 0

    def run(self) -> list[Change]:
        """Return the changes that were found.

        Raises
        ------
        UserError
            If an environment cannot be installed, or what is tried cannot be run at all.
        """
        started = time.monotonic()
        changes = (find_changes if self.every else find_last_change)(len(self.releases), self._words)
        self.seconds = time.monotonic() - started
        return changes

    def _words(self, place: int) -> str:
        if place not in self.outcomes:
            release = self.releases[place]
            environment = Environment(release.environment)
            if environment.venv_fault():
                self.wait(f"installing {release.environment} ...")
            self.installed += install(environment)
            started = time.monotonic()
            outcome = self.outcomes[place] = self.subject.run(environment)
            seen = f"  {outcome.seen}" if outcome.seen else ""
            took = f"({time.monotonic() - started:.0f} s)"
            self.tell(
                f"{f'Keras {release.keras}':12}  {release.environment:{self._width}}  {outcome.words}{seen}  {took}"
            )
        return self.outcomes[place].words

    @cached_property
    def _width(self) -> int:
        return max(len(release.environment) for release in self.releases)


def describe(done: Bisection, changes: Sequence[Change]) -> Iterator[str]:
    """Yield the lines that say what was found, what was not searched, and how long it took."""
    first, last = done.releases[0], done.releases[-1]
    for change in changes:
        before, after = (done.releases[place] for place in change)
        words = " -> ".join(done.outcomes[place].words for place in change)
        yield f"between Keras {before.keras} and {after.keras}: {words}"
        if before.tensorflow != after.tensorflow:
            yield f"  TensorFlow differs there too: {before.tensorflow} and {after.tensorflow}; it may be the cause"
    if not changes:
        words = done.outcomes[0].words
        yield f"no change: Keras {first.keras} and {last.keras} have the same outcome, {words}"
        yield "  a change that was undone in between is not found; --from and --to choose other releases"
    elif not done.every and len({outcome.words for outcome in done.outcomes.values()}) > 2:
        yield "  more than two outcomes were seen, so there is more than one change; --all looks for each"
    elif not done.every:
        yield "  if there is more than one change, this is one of them"
    elif len(done.outcomes) < len(done.releases):
        yield "  a change that was undone between two tested releases with the same outcome is not found"
    yield (
        f"{counted(len(done.outcomes), 'environment')} of {len(done.releases)}, "
        f"{done.installed} of them installed for it; {done.seconds / 60:.1f} min"
    )


def forecast(releases: Sequence[Release], every: bool, params: Params) -> str:
    """Say how much a search needs at most."""
    estimates = Estimates(params, Path("results"))
    missing = [Environment(release.environment).venv_fault() is not None for release in releases]
    making = [estimates.job("create_venv", release.environment) for release in releases]
    disk = most([estimate.bytes * absent for estimate, absent in zip(making, missing, strict=True)], every)
    seconds = most([A_TRY + estimate.seconds * absent for estimate, absent in zip(making, missing, strict=True)], every)
    tries, installs = (
        round(most([1.0] * len(releases), every)),
        round(most([float(absent) for absent in missing], every)),
    )
    return (
        f"{len(releases)} releases of Keras, {releases[0].keras} to {releases[-1].keras}: at most {tries} tested, and "
        f"{counted(installs, 'environment')} of {sum(missing)} missing ones installed; {size(disk)} and "
        f"{ceil(seconds / 60)} min, without downloads, and more if the program runs long"
    )
