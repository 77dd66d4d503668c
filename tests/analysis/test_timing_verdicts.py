import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twinproof.analysis.statistics.ratios import Family, decided, ratio_interval
from twinproof.analysis.verdicts.timing import control_differs, control_found, judge

from .comparisons import comparison, spread

ALONE = Family(1, 1)
STUDY = Family(30, 3)


@pytest.mark.parametrize(
    ("change", "verdict", "sentence"),
    [
        ({}, "equivalent", "subclassed takes 1.000 times as long [0.991, 1.009] as functional in 24 processes: equiv"),
        ({"log_ratios": spread(0.012, 0.01)}, "equivalent", "but it is within the margin."),
        ({"log_ratios": spread(0.06)}, "slower", "1.062 times as long [1.053, 1.071]"),
        ({"log_ratios": spread(-0.12)}, "faster", "faster, p = 1.2e-07 after correction for 1 comparison and 1 look."),
        ({"log_ratios": spread(0.0, 0.2)}, "undecided", "further processes would decide it at this ratio"),
        ({"log_ratios": [*spread(0.0), 0.5]}, "equivalent", "in 25 processes, 1 of them outliers: equivalent"),
        ({"gate": "different"}, "no verdict", "because the identity of its styles is different"),
        ({"gate": "not measured"}, "no verdict", "because the identity of its styles is not measured"),
        ({"machines": ["b", "a"]}, "no verdict", "because its records come from a and from b"),
        ({"machines": []}, "no verdict", "no known machine"),
        ({"disturbed": 2}, "equivalent", "equivalent within 3 %"),
        ({"disturbed": 3}, "no verdict", "because the machine was too busy in 3 of 24 processes"),
        ({"log_ratios": spread(0, processes=5)}, "no verdict", "the style was measured in 5 processes"),
        ({"control": []}, "no verdict", "the negative control was measured in 0 processes, and an interval needs 6"),
        ({"slowed": []}, "no verdict", "the positive control was measured in 0 processes"),
        ({"control": spread(0.03)}, "no verdict", "because functional differs from itself, 1.030 times as long"),
        ({"slowed": spread(0)}, "no verdict", "because a known cost of 5 % was not found: 1.000 times as long"),
        ({"slowed": spread(0.2)}, "no verdict", "because a known cost of 5 % was not found: 1.221 times as long"),
    ],
)
def test_verdict_says_what_was_found_and_why(change, verdict, sentence):
    found = judge(comparison(**change), ALONE)
    assert found.verdict == verdict
    assert sentence in found.sentence
    assert found.sentence.startswith("simple, predict in tf2.21-cpu: ")
    assert (found.reason != "") == (verdict == "no verdict")
    if found.reason:
        assert found.sentence.endswith(f"no verdict on subclassed, because {found.reason}.")
    assert (found.further is not None) == (verdict == "undecided")


@pytest.mark.parametrize(("centre", "verdict"), [(0.2, "larger"), (-0.2, "smaller"), (0.0, "equivalent")])
def test_memory_is_larger_or_smaller_and_takes_no_time(centre, verdict):
    found = judge(comparison(quantity="peak_memory", log_ratios=spread(centre)), ALONE)
    assert found.verdict == verdict
    assert f"takes {math.exp(centre):.3f} times as much memory [" in found.sentence
    assert "long" not in found.sentence
    found = judge(comparison(quantity="peak_memory", control=spread(0.05)), ALONE)
    assert found.reason.startswith("functional differs from itself, 1.051 times as much memory [")


@pytest.mark.parametrize("quantity", ["construct", "build"])
def test_a_part_is_reported_and_not_judged(quantity):
    found = judge(comparison(quantity=quantity, log_ratios=spread(0.5), control=spread(0.3)), STUDY)
    assert (found.verdict, found.reason) == ("part", "")
    assert "takes 1.649 times as long" in found.sentence


@given(st.floats(-0.1, 0.1), st.floats(0.001, 0.1), st.integers(6, 30))
def test_verdicts_are_read_from_the_corrected_interval_alone(centre, sd, processes):
    made = comparison(log_ratios=spread(centre, sd, processes))
    found = judge(made, STUDY)
    assert found.corrected == ratio_interval(made.log_ratios, STUDY.confidence)
    assert (found.verdict != "undecided") == decided(made.log_ratios, made.margin, STUDY.confidence)
    apart = found.corrected.low > 1 or found.corrected.high < 1
    assert (found.p <= 0.05) == apart
    assert apart or found.verdict in ("equivalent", "undecided")


def test_what_is_undecided_is_decided_after_the_further_processes():
    for centre in (0.0, 0.015, 0.045):
        found = judge(comparison(log_ratios=spread(centre, 0.1, 10)), STUDY)
        assert found.verdict == "undecided"
        later = comparison(log_ratios=spread(centre, 0.1, math.ceil(1.2 * (10 + found.further))))
        assert judge(later, STUDY).verdict != "undecided"


@pytest.mark.parametrize("centre", [0.03, 0.0])
def test_either_verdict_must_outlast_the_correction_for_the_whole_study(centre):
    close = comparison(log_ratios=spread(centre, 0.05))
    assert judge(close, ALONE).verdict == ("slower" if centre else "equivalent")
    found = judge(close, STUDY)
    assert found.verdict == "undecided"
    if centre:
        assert "the interval excludes 1, but not after correction for 30 comparisons and 3 looks" in found.sentence


# No clock resolves less than a billionth, and floating-point numbers are closer together just below 1 than above.
@settings(deadline=None)
@given(st.lists(st.floats(-0.3, 0.3).map(lambda ratio: round(ratio, 9)), min_size=1, max_size=20))
def test_exchanging_the_styles_exchanges_faster_and_slower(values):
    other = {"faster": "slower", "slower": "faster"}
    there = judge(comparison(log_ratios=values), ALONE).verdict
    back = judge(comparison(log_ratios=[-value for value in values]), ALONE).verdict
    assert other.get(there, there) == back


def test_a_control_that_differs_by_less_than_half_the_margin_stops_nothing():
    assert ratio_interval(spread(0.012, 0.01)).low > 1
    assert not control_differs(spread(0.012, 0.01), 0.03)
    assert control_differs(spread(0.016, 0.01), 0.03)
    assert control_differs(spread(-0.016, 0.01), 0.03)


def test_a_noisy_control_stops_nothing_unless_its_interval_excludes_1():
    assert not control_differs(spread(0.02, 0.1), 0.03)


@pytest.mark.parametrize(
    ("centre", "sd", "added", "found"),
    [
        (1.05, 0.01, 0.05, True),
        (1.06, 0.005, 0.05, True),
        (1.08, 0.005, 0.05, False),  # more than half a margin beyond what was measured alone
        (1.02, 0.005, 0.05, False),  # less
        (1.03, 0.005, 0.03, True),
        (1.05, 0.2, 0.05, False),  # lost in the noise
        (1.0, 0.005, 0.01, False),  # too small to be distinguished from nothing
        (1.05, 0.01, None, False),  # of unknown size
    ],
)
def test_a_positive_control_is_above_1_and_matches_what_its_operation_takes_alone(centre, sd, added, found):
    assert control_found(spread(math.log(centre), sd), added, margin=0.03) == found
