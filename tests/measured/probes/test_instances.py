"""Instances of the styles start from the same weights and draw the same random numbers, however they are written."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("instances_facts", request.param)


def test_the_shipped_twins_have_their_styles_and_their_size(facts: Any) -> None:
    sizes = {
        "simple": 784 * 128 + 128 + 128 * 10 + 10,
        "conditional": 784 * 64 + 64 + 64 * 128 + 128 + 128 * 10 + 10,
        "dynamic": 784 * 64 + 64 + 2 * (64 * 64 + 64) + 64 * 10 + 10,
    }
    assert facts["styles"] == {
        "simple": ["sequential", "functional", "subclassed"],
        "conditional": ["functional", "subclassed"],
        "dynamic": ["functional", "subclassed"],
    }
    assert facts["parameters"] == {twin: dict.fromkeys(facts["styles"][twin], size) for twin, size in sizes.items()}


@pytest.mark.parametrize("twin", ["simple", "conditional", "dynamic", "small"])
def test_all_styles_start_from_the_same_weights_whichever_is_made_first(facts: Any, twin: str) -> None:
    one, other = facts["starts"][twin]
    assert list(one) == list(other)[::-1]
    assert len({*one.values(), *other.values()}) == 1


def test_another_seed_gives_other_weights(facts: Any) -> None:
    assert facts["other_seed"] not in facts["starts"]["simple"][0].values()


@pytest.mark.parametrize("layer", ["conditional dropout", "small dropout", "small noise"])
def test_random_layers_of_one_name_draw_the_same_in_all_styles(facts: Any, layer: str) -> None:
    one, other = facts["masks"][layer]
    assert len({*one.values(), *other.values()}) == 1


def test_random_layers_of_different_names_draw_differently(facts: Any) -> None:
    assert facts["masks"]["small dropout"] != facts["masks"]["small noise"]


def test_an_error_of_a_style_is_recorded_and_one_of_the_machine_is_not(facts: Any) -> None:
    """Running out of memory is not a property of a style: there is no record, and the trial runs again."""
    assert facts["error"] == {"status": "failed", "error": {"type": "ValueError", "message": "no"}}
    assert facts["out of memory"] == "MemoryError"
