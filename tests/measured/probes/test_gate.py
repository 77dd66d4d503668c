"""The prover, and the study's gate on images with the same engine, find what usual inputs do not show."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS

# The stage in which each difference of the catalogue is found.
FOUND = {
    "relu_6_in_an_operation": "inference",  # on inputs that are 100 times as large
    "clipped_at_20": "inference",  # likewise
    "negative_inputs_cut_off": "inference",  # on inputs times -10, because no pixel is negative
    "bias_dropped_in_inference": "inference",  # because weights that start as zeros are moved
    "capped_in_training_alone": "training mode",  # on large inputs, too
    "constraint_not_yet_reached": "structure",  # by what the variable declares
    "constraint_of_an_own_layer_not_yet_reached": "structure",  # likewise, if no layer's settings show it
}


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0], ENVIRONMENTS[-1]])
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("gate_facts", request.param)


def test_all_of_them_are_tried(facts: Any) -> None:
    assert facts.keys() - {"strict"} == FOUND.keys()


def test_inputs_that_a_model_does_not_run_on_are_left_out_and_reported(facts: Any) -> None:
    assert facts["strict"]["verdict"] == "one network"
    assert "left out because Strict does not run on it: inputs times 100" in facts["strict"]["notes"]


@pytest.mark.parametrize("who", ["prover", "study"])
@pytest.mark.parametrize("difference", FOUND)
def test_a_difference_that_usual_inputs_do_not_show_is_found_and_named(facts: Any, difference: str, who: str) -> None:
    found = facts[difference][who]
    assert (found["verdict"], found["stages"]) == ("not one network", [FOUND[difference]])
    assert any(f"`{culprit}`" in found["culprit"] for culprit in facts[difference]["culprits"])


@pytest.mark.parametrize("difference", FOUND)
def test_each_of_these_networks_equals_itself(facts: Any, difference: str) -> None:
    assert facts[difference]["control"]["verdict"] == "one network"
