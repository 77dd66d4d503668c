import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from twinproof.analysis.statistics.ratios import (
    Family,
    decided,
    differs,
    equivalent,
    fewest_processes,
    location_interval,
    needed_processes,
    p_value,
    process_log_ratio,
    ratio_interval,
)

from .comparisons import spread

LOG_RATIOS = st.lists(st.floats(-0.5, 0.5).map(lambda value: round(value, 6)), min_size=1, max_size=25)
SECONDS = st.floats(1e-6, 1e3)


# One process


def test_a_machine_that_is_slow_for_a_while_cancels_out():
    machine = np.exp(np.random.default_rng(1).normal(0, 1, 30))
    assert process_log_ratio(1.07 * machine, machine) == pytest.approx(math.log(1.07))


def test_a_few_wild_rounds_hardly_move_a_process():
    functional = np.ones(40)
    style = np.full(40, 1.02)
    style[:8] = 50
    assert process_log_ratio(style, functional) == pytest.approx(math.log(1.02))


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=1, max_size=30))
def test_exchanging_the_styles_or_the_order_of_rounds_changes_nothing_but_the_sign(rounds):
    style, functional = zip(*rounds, strict=True)
    found = process_log_ratio(style, functional)
    assert process_log_ratio(functional, style) == pytest.approx(-found, abs=1e-9)
    assert process_log_ratio(style[::-1], functional[::-1]) == pytest.approx(found, abs=1e-9)


@pytest.mark.parametrize(
    ("style", "functional", "message"),
    [
        ([1.0], [1.0, 2.0], "do not pair: 1 of the style, 2 of functional"),
        ([], [], "do not pair"),
        ([1.0, 0.0], [1.0, 1.0], "positive number of seconds: 0.0"),
        ([1.0, 1.0], [1.0, math.nan], "positive number of seconds: nan"),
        ([1.0, math.inf], [1.0, 1.0], "positive number of seconds: inf"),
    ],
)
def test_times_that_cannot_be_compared_are_refused(style, functional, message):
    with pytest.raises(ValueError, match=message):
        process_log_ratio(style, functional)


# The interval over processes


@settings(deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=25))
def test_p_value_is_scipys_exact_signed_rank_test(values):
    data = np.asarray(values)
    sizes = np.abs(data)
    if (sizes < 1e-9).any() or np.diff(np.sort(sizes)).min() < 1e-9:
        return  # scipy treats ties and zeros differently
    assert float(p_value(data)) == pytest.approx(stats.wilcoxon(data, method="exact").pvalue)


@given(LOG_RATIOS, st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999]))
def test_the_interval_excludes_0_exactly_when_the_p_value_says_so(values, confidence):
    data = np.asarray(values)
    _, low, high = location_interval(data, confidence)
    assert (low > 0 or high < 0) == (p_value(data) <= 1 - confidence)


@given(LOG_RATIOS, st.floats(-0.2, 0.2))
def test_the_interval_moves_with_the_ratio(values, move):
    ratio, moved = ratio_interval(values), ratio_interval([value + move for value in values])
    assert moved.ratio == pytest.approx(math.exp(move) * ratio.ratio)
    assert moved.low == pytest.approx(math.exp(move) * ratio.low)
    assert moved.high == pytest.approx(math.exp(move) * ratio.high)
    assert ratio.low <= ratio.ratio <= ratio.high


def test_six_processes_are_the_fewest_for_a_95_percent_interval_which_is_then_their_range():
    assert ratio_interval(spread(0, processes=5))[1:3] == (0, math.inf)
    assert fewest_processes() == 6
    six = spread(0.1, processes=6)
    assert ratio_interval(six)[1:3] == pytest.approx((math.exp(six[0]), math.exp(six[-1])))


def test_equal_processes_give_an_interval_of_no_width():
    assert ratio_interval([0.0] * 8) == (1, 1, 1, 8, 0)


def test_no_process_gives_no_ratio():
    ratio = ratio_interval([])
    assert math.isnan(ratio.ratio)
    assert ratio[1:] == (0, math.inf, 0, 0)


def test_outliers_are_counted_and_stay_in():
    usual = spread(0, processes=12)
    with_outliers = ratio_interval([*usual, 0.4, 0.5])
    assert with_outliers.outliers == 2
    assert with_outliers.processes == 14
    assert with_outliers.high > ratio_interval(usual).high


def test_a_log_ratio_that_is_not_a_number_is_refused():
    with pytest.raises(ValueError, match="not a finite number: nan"):
        ratio_interval([0.0, math.nan])


# The correction, and how many processes it takes


def test_the_error_is_divided_among_comparisons_and_looks():
    assert Family(1, 1).confidence == 0.95
    assert Family(66, 3).confidence == pytest.approx(1 - 0.05 / 198)
    assert Family(0, 3).confidence == 0.95
    assert fewest_processes(Family(66, 3).confidence) == 13
    assert math.isfinite(ratio_interval(spread(0, processes=13), Family(66, 3).confidence).high)
    assert math.isinf(ratio_interval(spread(0, processes=12), Family(66, 3).confidence).high)


@pytest.mark.parametrize(
    ("low", "high", "apart", "same"),
    [
        (0.98, 1.02, False, True),
        (1.01, 1.02, True, True),
        (1.01, 1.2, True, False),
        (0.8, 0.99, True, False),
        (0.96, 1.02, False, False),
        (1 / 1.03, 1.03, False, True),
        (0.0, math.inf, False, False),
    ],
)
def test_an_interval_says_different_equivalent_or_neither(low, high, apart, same):
    assert (differs(low, high), equivalent(low, high, 0.03)) == (apart, same)


def test_an_interval_no_wider_than_the_margin_always_decides():
    for centre in np.linspace(-0.1, 0.1, 41):
        assert decided(spread(centre, 0.012), 0.03, 0.999)
    assert not decided(spread(0.02, 0.03), 0.03, 0.999)


def test_the_number_of_processes_needed_makes_the_interval_narrow():
    confidence = Family(66, 3).confidence
    needed = needed_processes(spread(0, 0.04, 13), 0.015, confidence)
    _, low, high = location_interval(np.asarray(spread(0, 0.04, needed)), confidence)
    assert (high - low) / 2 <= 0.015 * 1.1
    _, low, high = location_interval(np.asarray(spread(0, 0.04, needed * 2 // 3)), confidence)
    assert (high - low) / 2 > 0.015
    assert needed_processes([], 0.015, confidence) == 13
    assert needed_processes(spread(0, 0.04, 13), 0.05, confidence) < needed
