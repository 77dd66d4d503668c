"""The statistics of the comparison. The unit is the seed (one process), never the step or the epoch."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A mean and its confidence interval; `low` and `high` are NaN if a single value says nothing about the spread."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of `values` with its interval by Student's t, by default of 95 %; one value per seed.

    Equal values give an interval of no width; no value gives NaN throughout.
    """
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        return Interval(np.nan, np.nan, np.nan)
    mean = float(data.mean())
    if data.size == 1:
        return Interval(mean, np.nan, np.nan)
    from scipy.stats import t

    half = float(t.ppf((1 + confidence) / 2, data.size - 1) * data.std(ddof=1) / np.sqrt(data.size))
    return Interval(mean, mean - half, mean + half)


def difference_interval(first: Sequence[float], second: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of `second` minus the mean of `first` with its interval by Welch's t, for unpaired values.

    A single value on either side gives no interval.
    """
    one, other = (np.asarray(values, dtype=np.float64) for values in (first, second))
    difference = float(other.mean() - one.mean())
    if min(one.size, other.size) < 2:
        return Interval(difference, np.nan, np.nan)
    if one.std() == other.std() == 0:
        return Interval(difference, difference, difference)
    from scipy.stats import ttest_ind

    interval = ttest_ind(other, one, equal_var=False).confidence_interval(confidence)
    return Interval(difference, float(interval.low), float(interval.high))
