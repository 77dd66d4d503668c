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


EQUAL = {"outcome": "bit-equal", "outputs": 0, "losses": 0, "weights": 0, "first_difference": None}


def told(facts: Any, style: str, twin: str = "many") -> str:
    return comparison(facts, style, twin)["proof"]["sentence"]


@pytest.mark.parametrize(
    "twin", ["many", "model named like its layer", "models inside that are not built", "own generators"]
)
def test_one_network_is_bit_equal_however_it_is_written(facts: Any, twin: str) -> None:
    if twin == "own generators" and twin not in facts:
        pytest.skip("Keras 2 has no generators that a user's layer could keep")
    for style in ("subclassed", "control"):
        found = comparison(facts, style, twin)
        assert found == {**EQUAL, "proof": found["proof"]}
        assert found["proof"]["sentence"] == "One network: equal to the last bit through 3 training steps"


def test_functional_is_built_once_for_all_styles(facts: Any) -> None:
    """Also to see whether it can be built, as its own control, and for both of these again with the seed alone."""
    assert facts["functional was built"] == 5


@pytest.mark.parametrize("style", ["other name", "other random layer", "swapped names"])
def test_names_do_not_matter(facts: Any, style: str) -> None:
    found = comparison(facts, style)
    assert found == {**EQUAL, "proof": found["proof"]}


def test_the_seed_alone_gives_equal_weights_where_layers_are_made_in_one_order(facts: Any) -> None:
    alone = {
        style: style_of(facts, "many", style)["result"]["seed_alone"]
        for style in ("functional", "control", "other name", "subclassed")
    }
    assert alone["functional"] == alone["control"] == alone["other name"]
    # This class makes its layers in another order; in Keras 2, the order of building counts.
    keras_3 = "own generators" in facts
    assert (alone["subclassed"] != alone["functional"]) == keras_3


def test_every_step_trains(facts: Any) -> None:
    steps = style_of(facts, "many", "functional")["result"]["steps"]
    assert len({step["weights"] for step in steps}) == len({step["loss"] for step in steps}) == len(steps) == 3


def test_functional_has_no_comparison_with_itself(facts: Any) -> None:
    assert "comparison" not in style_of(facts, "many", "functional")["result"]


@pytest.mark.parametrize(
    ("style", "words"),
    [
        ("wider", "units is 16 against 9"),
        ("other activation", "`first`"),
        ("more noise", "stddev is 0.1 against 0.2"),
        ("not a number", "`ending`"),
    ],
)
def test_another_network_is_different_and_its_layer_is_named(facts: Any, style: str, words: str) -> None:
    found = comparison(facts, style)
    assert found["outcome"] == "different"
    assert found["proof"]["verdict"] == "not one network"
    assert words in found["proof"]["sentence"]
    assert found["proof"]["culprit"] in found["proof"]["sentence"]


def test_another_network_has_its_own_number_of_parameters(facts: Any) -> None:
    wider, functional = (style_of(facts, "many", style)["result"] for style in ("wider", "functional"))
    # One of the two layers in between is 9 wide instead of 16, and the other takes 9 inputs.
    assert functional["parameters"] - wider["parameters"] == 7 * (16 + 1 + 4 + 16)


def test_a_gradient_that_is_not_a_number_is_different(facts: Any) -> None:
    found = comparison(facts, "not a number once trained")
    assert (found["outcome"], found["outputs"]) == ("different", 0)
    assert [one["stage"] for one in found["proof"]["stages"] if one["outcome"] == "different"] == ["gradients"]


def test_a_style_that_raises_is_recorded_with_its_error(facts: Any) -> None:
    assert error(facts, "raises") == {"type": "RuntimeError", "message": "the user's own error"}


def test_without_functional_the_others_run_and_are_compared_with_nothing(facts: Any) -> None:
    for style in ("functional", "control"):
        assert error(facts, style, "functional raises")["type"] == "RuntimeError"
    subclassed = style_of(facts, "functional raises", "subclassed")
    assert subclassed["status"] == "ok"
    assert "comparison" not in subclassed["result"]


def test_only_the_style_with_outputs_of_another_shape_is_different(facts: Any) -> None:
    assert "shape" in told(facts, "subclassed", "other shape")
    assert comparison(facts, "control", "other shape")["outcome"] == "bit-equal"


def test_the_order_names_each_participant_once(facts: Any) -> None:
    order = facts["many"]["order"]
    assert len(order) == 12
    assert sorted(order) == sorted(facts["many"]["styles"])
