"""The same probes measure Keras on JAX and on PyTorch, where a study has such environments."""

from collections.abc import Callable
from contextlib import chdir
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from twinproof.environments.environment import Environment

# It installs its own environment.
pytestmark = pytest.mark.outcomes
JAX, TORCH = "keras3.15-jax-cpu", "keras3.15-torch"


@pytest.fixture(scope="module", params=[JAX, TORCH])
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    with chdir(REPOSITORY):
        if request.param == TORCH and Environment(TORCH).venv_fault():
            pytest.skip(f"{TORCH} takes gigabytes; `snakemake --cores 2 {Environment(TORCH).venv_mark}` makes it")
    return facts_from("backend_facts", request.param)


def graphs(facts: Any, style: str) -> dict[str, Any]:
    found = facts["graph"]["styles"][style]
    assert found["status"] == "ok", found
    return {name: compiled["given"] for name, compiled in found["result"]["functions"].items()}


def outcomes(facts: Any, style: str) -> dict[str, str]:
    return {name: found["comparison"]["outcome"] for name, found in graphs(facts, style).items()}


def test_keras_runs_on_the_backend_of_the_lock_and_on_the_processor(facts: Any) -> None:
    assert facts["backend"] in ("jax", "torch")
    assert facts["device"] == "CPU"


@pytest.mark.parametrize("style", ["subclassed", "control"])
def test_one_network_is_trained_to_the_same_weights(facts: Any, style: str) -> None:
    found = facts["identity"]["styles"][style]["result"]
    assert found["comparison"]["outcome"] == "bit-equal"
    assert found["seed_alone"] == facts["identity"]["styles"]["functional"]["result"]["seed_alone"]


def test_all_styles_learn_the_same_with_fit(facts: Any) -> None:
    weights = {found["result"]["weights"] for found in facts["learning"]["styles"].values()}
    assert len(weights) == 1


@pytest.mark.parametrize("style", ["subclassed", "control"])
def test_one_network_runs_the_same_graphs(facts: Any, style: str) -> None:
    assert set(outcomes(facts, style).values()) == {"equal"}


def test_pytorch_has_no_compiled_call(facts: Any) -> None:
    compiled = facts["backend"] == "jax"
    assert ("compiled_call" in graphs(facts, "functional")) == compiled
    assert facts["compiled call"] == (True if compiled else "Keras on PyTorch compiles no call")


def test_an_extra_operation_is_found_and_named(facts: Any) -> None:
    name = {"jax": "max", "torch": "relu.default"}[facts["backend"]]
    for found in graphs(facts, "extended").values():
        assert found["comparison"]["outcome"] == "other operations"
        assert found["comparison"]["difference"].endswith(f"the second with 1 {name}")


def test_another_number_in_training_is_found_only_there(facts: Any) -> None:
    found = outcomes(facts, "other")
    assert found.pop("train_step") == "wired otherwise"
    assert set(found.values()) == {"equal"}


def test_a_custom_training_step_is_used(facts: Any) -> None:
    right = {"taken": True, "trained": 6}
    assert facts["own step"] == {"functional": right, "subclassed": right}


def test_what_needs_tensorflow_is_reported_as_lacking_it(facts: Any) -> None:
    assert facts["lacking"]["SavedModel"] == ["tensorflow"]
    assert facts["lacking"][".keras"] == []
    assert facts["pitfall"]["lacking"] == ["tensorflow"]
    assert facts["pitfall"]["title"]
    assert facts["pitfall"]["step"] is None
