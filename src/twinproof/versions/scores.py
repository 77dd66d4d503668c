"""Learning results in two versions: by accuracy, and by loss for a network that does not classify."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from twinproof.analysis.rows.common import CELL
from twinproof.analysis.statistics.means import CONFIDENCE, Interval, difference_interval, mean_interval

Measure = Literal["test_accuracy", "test_loss"]


@dataclass(frozen=True)
class Scores:
    """The accuracies of a style of a twin, or its losses, by seed."""

    measure: Measure
    by_seed: Mapping[int, float]

    def interval(self) -> Interval:
        """Return their mean with its 95 % interval."""
        return mean_interval([*self.by_seed.values()])

    def mean(self) -> str | None:
        """Return their mean as text, None if there is none."""
        if not self.by_seed:
            return None
        mean = sum(self.by_seed.values()) / len(self.by_seed)
        return f"{100 * mean:.2f} %" if self.measure == "test_accuracy" else f"{mean:.4g}"


@dataclass(frozen=True)
class Change:
    """How scores differ from earlier ones: paired by seed if there are `shared` seeds, otherwise by their means."""

    measure: Measure
    difference: Interval
    shared: int
    equal: bool

    @property
    def real(self) -> bool:
        """Return whether the interval of the difference excludes 0."""
        return self.difference.low > 0 or self.difference.high < 0

    def __str__(self) -> str:
        mean, low, high = self.difference
        basis = f"over {self.shared} seeds that both have" if self.shared else "no seed is in both"
        if self.measure == "test_accuracy":
            bounds = "" if pd.isna(low) else f" [{100 * low:+.2f}, {100 * high:+.2f}]"
            return f"{100 * mean:+.2f}{bounds} points, {basis}"
        bounds = "" if pd.isna(low) else f" [{low:+.2g}, {high:+.2g}]"
        return f"{mean:+.2g}{bounds}, {basis}"


def find_scores(learning: pd.DataFrame) -> dict[tuple[str, ...], Scores]:
    """Return the scores of each environment, twin and style of the table learning that was trained."""
    found = {}
    for key, rows in learning.groupby([*CELL, "style"], sort=False):
        measure: Measure = "test_loss" if rows["test_accuracy"].isna().all() else "test_accuracy"
        ended = rows.dropna(subset=measure)
        if len(ended):
            by_seed = dict(zip(ended["seed"].astype(int), ended[measure].astype(float), strict=True))
            found[tuple(map(str, key))] = Scores(measure, by_seed)
    return found


def change(was: Scores, now: Scores, confidence: float = CONFIDENCE) -> Change:
    """Return how scores differ from earlier ones of the same measure."""
    shared = sorted(was.by_seed.keys() & now.by_seed.keys())
    if shared:
        differences = [now.by_seed[seed] - was.by_seed[seed] for seed in shared]
        return Change(was.measure, mean_interval(differences, confidence), len(shared), not any(differences))
    means = difference_interval([*was.by_seed.values()], [*now.by_seed.values()], confidence)
    return Change(was.measure, means, 0, False)
