"""The identity probe lets one network pass, and catches two."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0], ENVIRONMENTS[-1]])
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("identity_facts", request.param)


def style_of(facts: Any, twin: str, style: str) -> dict[str, Any]:
    assert "crash" not in facts[twin], facts[twin]
    return facts[twin]["styles"][style]


def comparison(facts: Any, style: str, twin: str = "many") -> dict[str, Any]:
    found = style_of(facts, twin, style)
    assert found["status"] == "ok", found
    return found["result"]["comparison"]


def error(facts: Any, style: str, twin: str = "many") -> dict[str, str]:
    found = style_of(facts, twin, style)
    assert found["status"] == "failed", found
    return found["error"]


@pytest.mark.parametrize("twin", ["many", "model named like its layer", "own generators"])
def test_one_network_is_bit_equal_however_it_is_written(facts: Any, twin: str) -> None:
    if twin == "own generators" and twin not in facts:
        pytest.skip("Keras 2 has no generators that a user's layer could keep")
    for style in ("subclassed", "control"):
        assert comparison(facts, style, twin) == {
            "outcome": "bit-equal",
            "outputs": 0,
            "losses": 0,
            "weights": 0,
            "first_difference": None,
        }


def test_every_step_trains(facts: Any) -> None:
    steps = style_of(facts, "many", "functional")["result"]["steps"]
    assert len({step["weights"] for step in steps}) == len({step["loss"] for step in steps}) == len(steps) == 3


def test_functional_has_no_comparison_with_itself(facts: Any) -> None:
    assert "comparison" not in style_of(facts, "many", "functional")["result"]


def test_a_style_of_other_shapes_is_no_twin_and_its_weights_are_named(facts: Any) -> None:
    found = error(facts, "wider")
    assert found["type"] == "NotTwinsError"
    assert "first/kernel" in found["message"]
    assert "classifier/kernel" not in found["message"]


def test_a_style_with_other_names_is_no_twin_and_both_names_are_told(facts: Any) -> None:
    found = error(facts, "other name")
    assert found["type"] == "NotTwinsError"
    for words in ("second/kernel", "third/kernel", "same name in every style"):
        assert words in found["message"]


@pytest.mark.parametrize("style", ["other activation", "swapped names"])
def test_a_style_that_computes_something_else_is_different_before_training(facts: Any, style: str) -> None:
    found = comparison(facts, style)
    assert found["outcome"] == "different"
    assert found["outputs"] > 1e-6
    assert found["first_difference"] == 1


def test_a_style_that_draws_other_random_numbers_is_different_once_trained(facts: Any) -> None:
    found = comparison(facts, "other random layer")
    assert (found["outcome"], found["outputs"], found["first_difference"]) == ("different", 0, 1)


def test_the_tolerance_decides_what_is_not_bit_equal(facts: Any) -> None:
    assert comparison(facts, "other activation", "one step, tolerant")["outcome"] == "within tolerance"


def test_a_style_that_raises_is_recorded_with_its_error(facts: Any) -> None:
    assert error(facts, "raises") == {"type": "RuntimeError", "message": "the user's own error"}


def test_without_functional_the_others_run_and_are_compared_with_nothing(facts: Any) -> None:
    for style in ("functional", "control"):
        assert error(facts, style, "functional raises")["type"] == "RuntimeError"
    subclassed = style_of(facts, "functional raises", "subclassed")
    assert subclassed["status"] == "ok"
    assert "comparison" not in subclassed["result"]


@pytest.mark.parametrize(
    ("twin", "style", "what"),
    [
        ("many", "not a number", "outputs"),
        ("many", "not a number once trained", "step"),
        ("one step, tolerant", "not a number once trained", "weights"),
    ],
    ids=["outputs", "losses", "weights after the last step"],
)
def test_a_style_that_diverges_has_failed(facts: Any, twin: str, style: str, what: str) -> None:
    assert error(facts, style, twin)["type"] == "ArithmeticError"
    assert what in error(facts, style, twin)["message"]


def test_a_style_with_outputs_of_another_shape_has_failed_alone(facts: Any) -> None:
    assert "shape" in error(facts, "subclassed", "other shape")["message"]
    assert comparison(facts, "control", "other shape")["outcome"] == "bit-equal"


def test_the_order_names_each_participant_once(facts: Any) -> None:
    order = facts["many"]["order"]
    assert len(order) == 11
    assert sorted(order) == sorted(facts["many"]["styles"])
