"""What counts as equal, as rounding, as a difference."""

import numpy as np
import pytest

from twinproof.proof.comparing import Apart, Key, UnlikeError, compare, draws, floors, judge, judge_one, worst_names
from twinproof.proof.result import MULTIPLE, Allowed, Outcome, Stage

EPSILON = float(np.finfo("float32").eps)


class Seen:
    """An observation: the arrays of one stage."""

    def __init__(self, stage: Stage, where: str = "", **arrays: object) -> None:
        self.stage, self.where = stage, where
        self.arrays = {name: np.asarray(array, "float32") for name, array in arrays.items()}


def key(name: str, stage: Stage = Stage.INFERENCE, where: str = "") -> Key:
    return stage, where, name


def apart(difference: float, size: float = 1.0) -> Apart:
    return Apart(
        difference, size, EPSILON, difference == 0, ("a", "a" if difference == 0 else "b"), False, False, (0.0, 0.0)
    )


def test_arrays_are_compared_by_name() -> None:
    found = compare([Seen(Stage.LOSS, a=[1, 2], b=[3])], [Seen(Stage.LOSS, b=[3], a=[1, 4])])
    assert found[key("a", Stage.LOSS)].difference == 2
    assert found[key("b", Stage.LOSS)].equal


def test_zeros_of_opposite_sign_differ_in_their_bits_and_not_in_value() -> None:
    found = compare([Seen(Stage.LOSS, a=[0.0])], [Seen(Stage.LOSS, a=[-0.0])])[key("a", Stage.LOSS)]
    assert not found.equal and found.difference == 0
    assert judge_one(key("a"), found, {}, Allowed()) == Outcome.ROUNDING


def test_not_a_number_in_both_is_reported() -> None:
    assert compare([Seen(Stage.LOSS, a=[np.nan])], [Seen(Stage.LOSS, a=[np.nan])])[key("a", Stage.LOSS)].broken


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"a": [1]}, {"a": [1, 2]}, r"a has shape \(1,\) against \(2,\)"),
        ({"a": [1]}, {"b": [1]}, "only in the first: a; only in the second: b"),
        ({"output 0": [1]}, {"output 0": [1], "output 1": [1]}, "1 outputs? against 2"),
    ],
)
def test_different_arrays_are_reported_by_name(first: dict, second: dict, told: str) -> None:
    with pytest.raises(UnlikeError, match=told):
        compare([Seen(Stage.INFERENCE, **first)], [Seen(Stage.INFERENCE, **second)])


def test_what_only_one_model_reports_is_not_a_difference() -> None:
    assert list(compare([Seen(Stage.LOSS, loss=[1], reported=[2])], [Seen(Stage.LOSS, loss=[1])])) == [
        key("loss", Stage.LOSS)
    ]


def test_equal_means_every_bit() -> None:
    result = judge({key("a"): apart(0), key("b"): apart(0)}, {}, Allowed())[Stage.INFERENCE]
    assert (result.outcome, result.compared, result.ratio) == (Outcome.EQUAL, 2, None)


@pytest.mark.parametrize(
    ("difference", "outcome"), [(MULTIPLE * 1e-3, Outcome.ROUNDING), (MULTIPLE * 1.01e-3, Outcome.DIFFERENT)]
)
def test_rounding_is_a_multiple_of_the_effect_of_one_unit_in_the_last_place(
    difference: float, outcome: Outcome
) -> None:
    result = judge({key("a"): apart(difference), key("b"): apart(0)}, {key("a"): 1e-3}, Allowed())[Stage.INFERENCE]
    assert (result.outcome, result.worst, result.difference) == (outcome, "a", difference)
    assert result.ratio == pytest.approx(difference / 1e-3)


def test_an_array_that_nothing_moved_may_differ_by_a_few_of_its_own_units() -> None:
    assert judge_one(key("a"), apart(10 * EPSILON), {}, Allowed()) == Outcome.ROUNDING
    assert judge_one(key("a"), apart(100 * EPSILON), {}, Allowed()) == Outcome.DIFFERENT
    assert judge_one(key("a"), apart(1e-30, size=0.0), {}, Allowed()) == Outcome.DIFFERENT
    assert judge_one(key("a"), apart(1.0), {key("a"): float("inf")}, Allowed()) == Outcome.DIFFERENT


def test_a_tolerance_replaces_what_is_measured() -> None:
    found = {key("a"): apart(1e-3)}
    for tolerance, outcome in ((1e-3, Outcome.ROUNDING), (0.9e-3, Outcome.DIFFERENT), (0.0, Outcome.DIFFERENT)):
        result = judge(found, {key("a"): 1.0}, Allowed(tolerance=tolerance))[Stage.INFERENCE]
        assert (result.outcome, result.ratio) == (outcome, None)


def test_the_first_training_step_that_differs_is_named_elsewhere_the_largest_difference() -> None:
    for stage, worst in ((Stage.STEPS, "a, step 1"), (Stage.GRADIENTS, "b, step 2")):
        found = {key("a", stage, "step 1"): apart(0.1), key("b", stage, "step 2"): apart(10)}
        assert judge(found, {}, Allowed())[stage].worst == worst


def test_names_of_what_differs_come_with_the_largest_difference_first() -> None:
    found = {key("a"): apart(0.1), key("b"): apart(10), key("c"): apart(0), key("d", Stage.LOSS): apart(10)}
    assert worst_names(found, {}, Stage.INFERENCE, Allowed()) == ["b", "a"]


def test_numbers_are_moved_by_one_unit_and_by_as_many_as_count_as_rounding() -> None:
    assert [*draws(Allowed(32.0))] == [1.0, 1.0, 1.0, 32.0]


def test_the_largest_of_several_effects_counts() -> None:
    moved = [(1.0, {key("a"): apart(1)}), (1.0, {key("a"): apart(3)}), (8.0, {key("a"): apart(16)})]
    assert floors(moved) == {key("a"): 3}
    # A quadratic effect is larger per unit if several units are moved.
    assert floors([*moved, (8.0, {key("a"): apart(64)})]) == {key("a"): 8}
