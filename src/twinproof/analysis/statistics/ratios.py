"""The statistics of the timing comparison. The unit is the process, never the round.

Why the signed-rank interval (Hodges and Lehmann) and not a bootstrap: if two styles cost the same, their instances are
exchangeable. So the log-ratio of a process is symmetric about 0 whatever the noise, skewed or heavy-tailed, and also
if processes differ in their noise. For symmetric values, this interval has exactly its nominal level at every number of
processes and every confidence. The correction for many comparisons needs 99.9 % from a dozen processes, which leave a
bootstrap nothing to draw from. bench/method.py prints the figures: at 6 processes the percentile and BCa bootstraps
cover 90 %, an M-estimator with t quantiles 93 %, and a studentized bootstrap is twice as wide; at 20, Student's t is
twice as wide if processes are contaminated. The price is a minimum number of processes. Nothing here is random.

Why one corrected interval for all verdicts: if every interval of a study contains its ratio at each look, then no
verdict is false, neither "different" nor "equivalent". By Bonferroni over comparisons and looks, this holds with 95 %
confidence, whatever the comparisons have in common and whatever ends the sampling.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
FAMILY_ERROR = 0.05  # the chance that a study has any false verdict
OUTLIER = 3.5
MOST = 10_000  # larger numbers of further processes are not reported


class Ratio(NamedTuple):
    """A ratio of times with its interval, which is infinite if there are too few processes for its confidence."""

    ratio: float
    low: float
    high: float
    processes: int
    outliers: int


def process_log_ratio(style_seconds: Sequence[float], functional_seconds: Sequence[float]) -> float:
    """Return how the style compares in one process: the Hodges-Lehmann location of the rounds' paired log-ratios.

    In every kind of noise, it is within a tenth of the best location that was tried. The median is a fifth wider in
    plain noise, the mean twice as wide in contaminated rounds, and a ratio of medians 1.5 times as wide under drift.

    Raises
    ------
    ValueError
        If there is no round, the rounds do not pair, or a time is not a positive number.
    """
    times = [np.asarray(seconds, dtype=np.float64) for seconds in (style_seconds, functional_seconds)]
    if times[0].shape != times[1].shape or times[0].ndim != 1 or times[0].size == 0:
        raise ValueError(f"rounds do not pair: {times[0].size} of the style, {times[1].size} of functional")
    for seconds in times:
        wrong = seconds[~(np.isfinite(seconds) & (seconds > 0))]
        if wrong.size:
            raise ValueError(f"a time is not a positive number of seconds: {wrong[0]}")
    return float(np.median(_walsh(np.log(times[0]) - np.log(times[1]))))


def ratio_interval(log_ratios: Sequence[float], confidence: float = CONFIDENCE) -> Ratio:
    """Return the ratio over processes with its interval, and the number of outliers, which stay in.

    An outlier lies further than 3.5 robust standard deviations (1.4826 MAD) from the median (Iglewicz and Hoaglin).

    Raises
    ------
    ValueError
        If a log-ratio is not a finite number: a failed process has none, and the caller must leave it out.
    """
    data = np.asarray(log_ratios, dtype=np.float64)
    if not np.all(np.isfinite(data)):
        raise ValueError(f"a log-ratio is not a finite number: {data[~np.isfinite(data)][0]}")
    if data.size == 0:
        return Ratio(math.nan, 0.0, math.inf, 0, 0)
    centre, low, high = (float(value) for value in np.exp(location_interval(data, confidence)))
    distance = np.abs(data - np.median(data))
    # Equal values may differ by rounding.
    outliers = np.count_nonzero(distance > OUTLIER * 1.4826 * np.median(distance) + 1e-12)
    return Ratio(centre, low, high, data.size, int(outliers))


def location_interval(values: Floats, confidence: float) -> tuple[Floats, Floats, Floats]:
    """Return the Hodges-Lehmann location along the last axis with the ends of its exact signed-rank interval."""
    walsh = np.sort(_walsh(values), axis=-1)
    cut = int(np.searchsorted(_signed_rank_cdf(values.shape[-1]), (1 - confidence) / 2, side="right"))
    centre: Floats = np.asarray(np.median(walsh, axis=-1))
    if cut == 0:
        return centre, np.full_like(centre, -np.inf), np.full_like(centre, np.inf)
    return centre, walsh[..., cut - 1], walsh[..., -cut]


def p_value(values: Floats) -> Floats:
    """Return the exact two-sided signed-rank p-value along the last axis: `p <= a` if the `1 - a` interval excludes 0.

    Ties with 0 count against a difference.
    """
    walsh = _walsh(values)
    most = np.maximum(np.count_nonzero(walsh > 0, axis=-1), np.count_nonzero(walsh < 0, axis=-1))
    return np.asarray(np.minimum(1.0, 2 * _signed_rank_cdf(values.shape[-1])[walsh.shape[-1] - most]))


class Family(NamedTuple):
    """All intervals of a study: its number of comparisons, and its number of looks at each."""

    comparisons: int
    looks: int

    @property
    def intervals(self) -> int:
        """The number of intervals."""
        return max(1, self.comparisons * self.looks)

    @property
    def confidence(self) -> float:
        """The confidence of each interval at which all of them contain their ratios with 95 %."""
        return 1 - FAMILY_ERROR / self.intervals


def fewest_processes(confidence: float = CONFIDENCE) -> int:
    """Return the fewest processes that can give an interval: 6 at 95 %, 13 for 66 comparisons and three looks."""
    return math.ceil(1 - math.log2(1 - confidence))


def differs(low: float, high: float) -> bool:
    """Return whether an interval excludes 1."""
    return low > 1 or high < 1


def equivalent(low: float, high: float, margin: float) -> bool:
    """Return whether an interval is inside [1 / (1 + margin), 1 + margin]."""
    return 1 / (1 + margin) <= low and high <= 1 + margin


def decided(log_ratios: Sequence[float], margin: float, confidence: float) -> bool:
    """Return whether the interval shows that the ratio differs from 1, or that it is equivalent."""
    _, low, high, _, _ = ratio_interval(log_ratios, confidence)
    return differs(low, high) or equivalent(low, high, margin)


def needed_for_verdict(log_ratios: Sequence[float], margin: float, confidence: float) -> int:
    """Return the total number of processes that would give either verdict if the ratio does not change."""
    distance = abs(math.log(ratio_interval(log_ratios).ratio))
    return needed_processes(log_ratios, max(distance, math.log1p(margin) - distance), confidence)


def needed_processes(log_ratios: Sequence[float], half_width: float, confidence: float) -> int:
    """Return the total number of processes for this half-width in logarithms, at most `MOST`."""
    from scipy.stats import t

    fewest = max(fewest_processes(confidence), fewest_processes())
    if len(log_ratios) < fewest_processes():
        return fewest
    _, low, high = location_interval(np.asarray(log_ratios, dtype=np.float64), CONFIDENCE)
    scale = (high - low) / 2 * math.sqrt(len(log_ratios)) / t.ppf((1 + CONFIDENCE) / 2, len(log_ratios) - 1)

    def enough(number: int) -> bool:
        return bool(t.ppf((1 + confidence) / 2, number - 1) * scale / math.sqrt(number) <= half_width)

    return bisect_left(range(MOST), True, lo=fewest, key=enough)


def _walsh(values: Floats) -> Floats:
    """Return the means of all pairs along the last axis, each value with itself included."""
    first, second = _pairs(values.shape[-1])
    means: Floats = (values[..., first] + values[..., second]) / 2
    return means


# Finding the pairs takes most of the time of a process, and all processes have the same number of rounds.
@lru_cache(maxsize=8)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the indices of both values of each pair of `count` values, including each value with itself."""
    first, second = np.triu_indices(count)
    return first, second


@lru_cache(maxsize=256)
def _signed_rank_cdf(count: int) -> Floats:
    """Return the chance that the signed-rank sum of `count` symmetric values is at most 0, 1, 2, ..."""
    chances = np.ones(1)
    for rank in range(1, count + 1):
        with_rank = np.concatenate([np.zeros(rank), chances]) / 2
        with_rank[: chances.size] += chances / 2
        chances = with_rank
    cdf: Floats = np.cumsum(chances)
    cdf.setflags(write=False)
    return cdf
