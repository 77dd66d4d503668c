"""Arrays: nested ones get names, distances are correct, and long ones are summarized."""

from typing import NamedTuple

import numpy as np
import pytest

from twinproof.proof.arrays import KEPT, Value, digest, distance, epsilon, flatten, map_leaves, scale


class Pair(NamedTuple):
    one: int
    other: int


def test_leaves_are_named_by_their_place_in_an_order_that_does_not_depend_on_how_a_dict_was_made() -> None:
    nested = {"b": [1, {"x": 2}], "a": (3, None)}
    assert list(flatten(nested)) == [("a/0", 3), ("b/0", 1), ("b/1/x", 2)]
    assert list(flatten({"a": (3, None), "b": [1, {"x": 2}]})) == list(flatten(nested))
    assert list(flatten(7)) == [("", 7)]


def test_a_structure_keeps_its_form_when_its_leaves_change() -> None:
    assert map_leaves(str, {"a": (1, None), "b": [2], "c": Pair(3, 4)}) == {
        "a": ("1", None),
        "b": ["2"],
        "c": Pair("3", "4"),
    }


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        ([], [], 0.0),
        ([np.nan, np.inf], [np.nan, np.inf], 0.0),
        ([np.nan], [1.0], np.inf),
        ([np.inf], [-np.inf], np.inf),
        ([1.0], [[1.0]], np.inf),
        ([True], [False], 1.0),
        (["a"], ["a"], 0.0),
        (["a"], ["b"], np.inf),
    ],
)
def test_distance_is_the_largest_and_infinite_where_there_is_none(first: object, second: object, apart: float) -> None:
    assert distance(np.array(first), np.array(second)) == apart
    assert distance(np.array(second), np.array(first)) == apart


def test_distance_of_unsigned_numbers_does_not_wrap_around() -> None:
    assert distance(np.array([0], "uint8"), np.array([255], "uint8")) == 255


def test_digest_depends_on_type_and_shape_and_the_sign_of_zero() -> None:
    zeros = np.zeros(4, "float32")
    others = (zeros.astype("float64"), zeros.reshape(2, 2), -zeros, zeros.astype("int32"))
    assert len({digest(zeros), *map(digest, others)}) == 5
    assert digest(np.zeros((4, 2), "float32")[:, 0]) == digest(zeros)


def test_scale_leaves_out_what_is_not_a_number() -> None:
    assert scale(np.array([-3.0, np.inf, np.nan])) == 3
    assert scale(np.array(["a"])) == scale(np.array([])) == 0


def test_a_long_array_is_summarized_and_still_compared() -> None:
    long = np.arange(3 * KEPT, dtype="float32")
    value, other = Value.of(long), Value.of(long + 1)
    assert value.sample.size <= KEPT
    assert (value.shape, value.dtype) == ((3 * KEPT,), "float32")
    assert value.distance(value) == 0
    assert value.distance(other) == 1
    assert value.distance(Value.of(long[1:])) == np.inf
    assert value.near(Value.of(long * np.float32(1 + 1e-6))) and not value.near(Value.of(long * 2))


def test_epsilon_is_that_of_the_type() -> None:
    assert epsilon("float32") == np.finfo("float32").eps
    assert epsilon("bfloat16") == 2.0**-7
    assert epsilon("int32") == epsilon("no type") == 0
