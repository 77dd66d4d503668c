import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from twinproof.analysis.timing import (
    FAMILY_ERROR,
    MARGIN,
    PEEKING,
    TARGET,
    decided,
    equivalent,
    family_confidence,
    fewest_processes,
    further_processes,
    holm,
    location_interval,
    p_value,
    process_log_ratio,
    ratio_interval,
)
from twinproof.analysis.timing_verdicts import Comparison, control_differs, control_found, judge

LOG_RATIOS = st.lists(st.floats(-0.5, 0.5).map(lambda value: round(value, 6)), min_size=1, max_size=25)
SECONDS = st.floats(1e-6, 1e3)


def spread(centre: float, sd: float = 0.02, processes: int = 24) -> list[float]:
    """Log-ratios as regular as can be: the quantiles of a normal distribution."""
    return [float(value) for value in centre + sd * stats.norm.ppf((np.arange(processes) + 0.5) / processes)]


def comparison(**change: Any) -> Comparison:
    fair: dict[str, Any] = {
        "environment": "tf2.21-cpu",
        "twin": "simple",
        "style": "subclassed",
        "quantity": "predict",
        "log_ratios": spread(0),
        "control": spread(0),
        "slowed": spread(math.log(1.05)),
        "added": 0.05,
        "gate": "bit-equal",
        "machines": ["here, 2 threads"],
    }
    return Comparison(**fair | change)


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
        return  # scipy treats ties and zeros in another way
    assert float(p_value(data)) == pytest.approx(stats.wilcoxon(data, method="exact").pvalue)


@given(LOG_RATIOS, st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999]))
def test_the_interval_leaves_0_exactly_where_the_p_value_says_so(values, confidence):
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


def test_a_log_ratio_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not a finite number: nan"):
        ratio_interval([0.0, math.nan])


def test_holm_corrects_as_in_his_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_lies_between_no_correction_and_bonferroni(values):
    for own, corrected in zip(values, holm(values), strict=True):
        assert own <= corrected <= min(1, len(values) * own) + 1e-12


# How many processes


def test_more_processes_are_asked_for_until_the_interval_is_narrow():
    assert not decided(spread(0, 0.04, 12))
    further = further_processes(spread(0, 0.04, 12))
    assert decided(spread(0, 0.04, 12 + further))
    assert further_processes(spread(0, 0.04, 12 + further)) == 0
    assert not decided(spread(0, 0.04, (12 + further) * 2 // 3))


def test_a_wider_target_and_a_lower_confidence_need_fewer_processes():
    seen = spread(0, 0.05, 12)
    strict = further_processes(seen, 0.02, family_confidence(30))
    assert further_processes(seen, 0.05, family_confidence(30)) < strict
    assert further_processes(seen, 0.02) < strict


@settings(deadline=None)
@given(LOG_RATIOS, st.sampled_from([0.95, family_confidence(30), family_confidence(200)]))
def test_no_further_process_is_asked_for_exactly_where_it_is_decided(values, confidence):
    assert (further_processes(values, confidence=confidence) == 0) == decided(values, confidence=confidence)


def test_before_the_first_process_the_fewest_are_asked_for():
    assert further_processes([]) == fewest_processes()
    assert further_processes([], confidence=family_confidence(100)) == fewest_processes(family_confidence(100)) == 13


@given(LOG_RATIOS, st.floats(-0.2, 0.2))
def test_whether_it_is_decided_does_not_depend_on_the_ratio(values, move):
    _, low, high = location_interval(np.asarray(values), 0.95)
    if np.isfinite(high) and abs((high - low) / 2 - math.log1p(TARGET)) < 1e-9:
        return
    assert decided(values) == decided([value + move for value in values])


# Verdicts


@pytest.mark.parametrize(
    ("change", "verdict", "sentence"),
    [
        ({}, "equivalent", "subclassed takes 1.000 times as long [0.991, 1.009] as functional in 24 processes: equiv"),
        ({"log_ratios": spread(0.012, 0.01)}, "equivalent", "within 3 %; the difference is real (p = "),
        ({"log_ratios": spread(0.06)}, "slower", "1.062 times as long [1.053, 1.071]"),
        ({"log_ratios": spread(-0.12)}, "faster", "faster, p = 1.8e-07 after correction for 1 comparison."),
        ({"log_ratios": spread(0.0, 0.2)}, "undecided", "further processes would decide it if the ratio stays there"),
        ({"log_ratios": [*spread(0.0), 0.5]}, "equivalent", "in 25 processes, 1 of them outliers: equivalent"),
        ({"gate": "different"}, "no verdict", "because the identity of its styles is different"),
        ({"gate": "not measured"}, "no verdict", "because the identity of its styles is not measured"),
        ({"machines": ["b", "a"]}, "no verdict", "because its records come from a and from b"),
        ({"machines": []}, "no verdict", "no known machine"),
        ({"log_ratios": spread(0, processes=5)}, "no verdict", "the style was measured in 5 processes"),
        ({"control": []}, "no verdict", "the negative control was measured in 0 processes, and an interval takes 6"),
        ({"slowed": []}, "no verdict", "the positive control was measured in 0 processes"),
        ({"control": spread(0.03)}, "no verdict", "because functional differs from itself, 1.030 times as long"),
        ({"slowed": spread(0)}, "no verdict", "because a known cost of 5 % was not found: 1.000 times as long"),
        ({"slowed": spread(0.2)}, "no verdict", "because a known cost of 5 % was not found: 1.221 times as long"),
    ],
)
def test_verdict_says_what_was_found_and_why(change, verdict, sentence):
    (found,) = judge([comparison(**change)])
    assert found.verdict == verdict
    assert sentence in found.sentence
    assert found.sentence.startswith("simple, predict in tf2.21-cpu: ")
    assert (found.reason != "") == (verdict == "no verdict")
    if found.reason:
        assert found.sentence.endswith(f"no verdict on subclassed, because {found.reason}.")
    assert (found.further is not None) == (verdict == "undecided")


@pytest.mark.parametrize(("centre", "verdict"), [(0.2, "larger"), (-0.2, "smaller"), (0.0, "equivalent")])
def test_memory_is_larger_or_smaller_and_takes_no_time(centre, verdict):
    (found,) = judge([comparison(quantity="peak_memory", log_ratios=spread(centre))])
    assert found.verdict == verdict
    assert f"takes {math.exp(centre):.3f} times as much memory [" in found.sentence
    assert "long" not in found.sentence
    (found,) = judge([comparison(quantity="peak_memory", control=spread(0.05))])
    assert found.reason.startswith("functional differs from itself, 1.051 times as much memory [")


def test_the_interval_that_widths_are_judged_by_is_that_of_the_whole_family():
    noisy = comparison(log_ratios=spread(0.02, 0.05))
    for number in (1, 10, 60):
        found = judge([noisy, *[comparison()] * (number - 1)])[0]
        assert found.family == ratio_interval(noisy.log_ratios, family_confidence(number))
        assert found.family.low < found.ratio.low < found.ratio.high < found.family.high
        narrow = math.log(found.family.high / found.family.low) / 2 <= math.log1p(TARGET)
        assert narrow == decided(noisy.log_ratios, TARGET, family_confidence(number))
    few = comparison(log_ratios=spread(0, processes=8))
    found = judge([few, *[comparison()] * 59])[0]
    assert math.isfinite(found.ratio.high)
    assert (found.family.low, found.family.high) == (0, math.inf)


def test_what_is_undecided_is_decided_after_the_further_processes():
    for centre in (0.0, 0.015, 0.045):
        (found,) = judge([comparison(log_ratios=spread(centre, 0.1, 10))])
        assert found.verdict == "undecided"
        (later,) = judge([comparison(log_ratios=spread(centre, 0.1, math.ceil(1.2 * (10 + found.further))))])
        assert later.verdict != "undecided"


def test_a_difference_must_outlast_the_correction_for_the_whole_study():
    close = comparison(log_ratios=spread(0.03, 0.05))
    assert judge([close])[0].verdict == "slower"
    found = judge([close, *[comparison()] * 29])[0]
    assert found.verdict == "undecided"
    assert "the interval excludes 1, but not after correction for 30 comparisons" in found.sentence


def test_what_gets_no_verdict_lends_its_p_value_to_nobody():
    close = comparison(log_ratios=spread(0.03, 0.05))
    unjudged = comparison(log_ratios=spread(0.5), gate="failed")
    assert judge([close, *[unjudged] * 29])[0].p == judge([close, *[comparison()] * 29])[0].p


def test_a_study_without_comparisons_has_no_verdicts():
    assert judge([]) == []


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=20), min_size=1, max_size=4))
def test_exchanging_the_styles_exchanges_faster_and_slower(study):
    other = {"faster": "slower", "slower": "faster"}
    there = judge([comparison(log_ratios=values) for values in study])
    back = judge([comparison(log_ratios=[-value for value in values]) for values in study])
    assert [other.get(found.verdict, found.verdict) for found in there] == [found.verdict for found in back]


def test_a_control_that_differs_by_less_than_half_the_margin_stops_nothing():
    assert ratio_interval(spread(0.012, 0.01)).low > 1
    assert not control_differs(spread(0.012, 0.01))
    assert control_differs(spread(0.016, 0.01))
    assert control_differs(spread(-0.016, 0.01))


def test_a_noisy_control_stops_nothing_unless_its_interval_excludes_1():
    assert not control_differs(spread(0.02, 0.1))


def test_a_positive_control_may_be_off_by_the_tolerance():
    assert control_found(spread(math.log(1.065), 0.005), added=0.05)
    assert not control_found(spread(math.log(1.08), 0.005), added=0.05)
    assert not control_found(spread(math.log(1.05), 0.2), added=0.05)


# Does the method hold? bench/method.py asks the same at length.

FAMILY, FIRST, BATCH, BUDGET, STUDIES = 30, 12, 4, 40, 1500


def processes(noise: str, generator: np.random.Generator) -> np.ndarray:
    """Log-ratios with no effect, shape (studies, budget), of an sd of 0.02 to 0.03 without its tails."""
    size = STUDIES, BUDGET
    if noise == "heavy tails":
        return 0.018 * generator.standard_t(3, size)
    if noise == "contaminated":
        return 0.02 * generator.normal(size=size) * np.where(generator.random(size) < 0.08, 6, 1)
    if noise == "skewed instances":
        return 0.02 * (generator.exponential(size=size) - generator.exponential(size=size))
    if noise == "some processes noisy":
        return 0.018 * generator.normal(size=size) * np.exp(0.5 * generator.normal(size=(1, BUDGET)))
    return 0.025 * generator.normal(size=size)


def stopped(log_ratios: np.ndarray) -> list[np.ndarray]:
    """Sample each study until its interval is narrow enough, as a study of 30 comparisons does."""
    confidence, rest, found = family_confidence(FAMILY), log_ratios, []
    for number in range(FIRST, BUDGET + 1, BATCH):
        _, low, high = location_interval(rest[:, :number], confidence)
        narrow = ((high - low) / 2 <= np.log1p(TARGET)) | (number == BUDGET)
        found.append(rest[narrow, :number])
        rest = rest[~narrow]
    return [group for group in found if len(group)]


@pytest.mark.parametrize("noise", ["normal", "heavy tails", "contaminated", "skewed instances", "some processes noisy"])
def test_the_method_keeps_its_promises_in_simulated_studies(noise):
    groups = stopped(processes(noise, np.random.default_rng(20250130)))
    covers, alone, alarms, finds, equal = [], [], [], [], []
    for group in groups:
        _, low, high = location_interval(group, 0.95)
        covers.extend((low <= 0) & (high >= 0))
        alone.extend(PEEKING * p_value(group) <= FAMILY_ERROR)
        alarms.extend(PEEKING * FAMILY * p_value(group) <= FAMILY_ERROR)
        finds.extend(PEEKING * FAMILY * p_value(group + np.log1p(MARGIN)) <= FAMILY_ERROR)
        equal.extend(equivalent(list(values)) for values in group)
    assert np.mean(covers) >= 0.93
    assert np.mean(alone) <= 0.05
    # 2.5 false alarms are expected at most; more than 8 come by chance once in 1,000 runs.
    assert np.sum(alarms) <= 8
    assert np.mean(finds) >= 0.90
    assert np.mean(equal) >= 0.95


def test_studies_of_equal_styles_seldom_cry_wolf_and_seldom_lose_a_verdict():
    generator = np.random.default_rng(11)
    verdicts = []
    for _ in range(60):
        # Functional, style, control and slowed: 24 processes of each of 30 comparisons; all share functional.
        instances = 0.018 * generator.standard_t(5, (FAMILY, 4, 24))
        style, control, slowed = (instances[:, which] - instances[:, 0] for which in (1, 2, 3))
        study = [
            comparison(log_ratios=style[index], control=control[index], slowed=slowed[index] + math.log(1.05))
            for index in range(FAMILY)
        ]
        verdicts.append([found.verdict for found in judge(study)])
    assert sum({"faster", "slower"} & set(study) != set() for study in verdicts) <= 8
    assert np.mean(np.array(verdicts) == "no verdict") <= 0.03
    assert np.mean(np.array(verdicts) == "equivalent") >= 0.9


def test_a_difference_at_the_margin_is_seldom_called_equivalent():
    groups = stopped(processes("normal", np.random.default_rng(3)) + np.log1p(MARGIN))
    assert np.mean([equivalent(list(values)) for group in groups for values in group]) <= 0.075


def test_rounds_of_a_whole_process_with_drift_and_bursts_give_an_unbiased_ratio():
    generator = np.random.default_rng(5)
    found = []
    for _ in range(400):
        machine = 1 + np.cumsum(np.abs(generator.normal(0, 0.01, 80))) + (generator.random(80) < 0.2)
        order = generator.permuted(np.tile([0, 1], (40, 1)), axis=1)
        slot = 2 * np.arange(40)[:, None] + order
        seconds = machine[slot] * np.exp(generator.normal(0, 0.03, (40, 2)))
        found.append(process_log_ratio(1.05 * seconds[:, 0], seconds[:, 1]))
    ratio = ratio_interval(found, 0.999)
    assert ratio.low < 1.05 < ratio.high
    assert ratio.high - ratio.low < 0.02
