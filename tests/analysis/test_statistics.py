import math

import numpy as np
import pytest
from scipy import stats

from twinproof.analysis.statistics.means import mean_interval


def test_interval_agrees_with_scipys_own_t_interval():
    values = [0.971, 0.968, 0.975, 0.970, 0.972]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    interval = mean_interval(values)
    assert interval.mean == pytest.approx(np.mean(values))
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_equal_values_give_an_interval_of_no_width():
    assert mean_interval([0.0, 0.0, 0.0]) == (0.0, 0.0, 0.0)


def test_one_value_has_a_mean_but_no_interval():
    mean, low, high = mean_interval([0.5])
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)


def test_no_value_gives_nan_throughout():
    assert all(math.isnan(value) for value in mean_interval([]))


def test_interval_covers_the_mean_in_about_95_of_100_studies_of_five_seeds():
    generator = np.random.default_rng(0)
    covered = [low <= 0 <= high for _, low, high in (mean_interval(generator.normal(size=5)) for _ in range(4000))]
    assert 0.93 < np.mean(covered) < 0.97
