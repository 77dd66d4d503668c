"""The statistics of the comparison. The unit is the seed (one process), never the step or the epoch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A mean and its confidence interval; `low` and `high` are NaN where one value says nothing of the spread."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float]) -> Interval:
    """Return the mean of `values` with its 95 % interval by Student's t, one value a seed.

    Equal values give an interval of no width; no value gives NaN throughout.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        return Interval(np.nan, np.nan, np.nan)
    mean = float(data.mean())
    if data.size == 1:
        return Interval(mean, np.nan, np.nan)
    from scipy.stats import t

    half = float(t.ppf((1 + CONFIDENCE) / 2, data.size - 1) * data.std(ddof=1) / np.sqrt(data.size))
    return Interval(mean, mean - half, mean + half)
