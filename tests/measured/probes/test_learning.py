"""The learning probe trains every style in the same way, and reports what each has learned."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0], ENVIRONMENTS[-1]])
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("learning_facts", request.param)


def learned(facts: Any, run: str, style: str = "functional") -> dict[str, Any]:
    assert facts[run]["styles"][style]["status"] == "ok", facts[run]["styles"][style]
    return facts[run]["styles"][style]["result"]


def without_seconds(result: dict[str, Any]) -> dict[str, Any]:
    epochs = [{key: value for key, value in epoch.items() if key != "seconds"} for epoch in result["epochs"]]
    return {**result, "epochs": epochs, "seconds": None}


def test_styles_of_one_network_learn_the_same_bit_for_bit(facts: Any) -> None:
    run = "steps_per_execution 1"
    assert without_seconds(learned(facts, run, "subclassed")) == without_seconds(learned(facts, run))


@pytest.mark.parametrize("steps", [4, 100])
def test_steps_per_execution_changes_no_weight(facts: Any, steps: int) -> None:
    one, more = (learned(facts, f"steps_per_execution {number}") for number in (1, steps))
    assert [epoch["weights"] for epoch in more["epochs"]] == [epoch["weights"] for epoch in one["epochs"]]
    assert more["test_accuracy"] == one["test_accuracy"]


def test_every_epoch_is_reported_with_its_weights_and_time(facts: Any) -> None:
    result = learned(facts, "steps_per_execution 1")
    assert len({epoch["weights"] for epoch in result["epochs"]}) == len(result["epochs"]) == 2
    assert result["epochs"][-1]["weights"] == result["weights"]
    assert result["epochs"][1]["loss"] < result["epochs"][0]["loss"]
    assert result["seconds"] == sum(epoch["seconds"] for epoch in result["epochs"])
    assert min(epoch["seconds"] for epoch in result["epochs"]) > 0


def test_accuracies_are_shares_of_the_images_judged(facts: Any) -> None:
    result = learned(facts, "steps_per_execution 1")
    for accuracy in (result["test_accuracy"], *(epoch["validation_accuracy"] for epoch in result["epochs"])):
        assert math.isclose(accuracy * 40, round(accuracy * 40), abs_tol=1e-4)
        assert 0 < accuracy <= 1


def test_another_seed_learns_differently(facts: Any) -> None:
    first = learned(facts, "steps_per_execution 4")["epochs"][0]["weights"]
    assert learned(facts, "other seed")["epochs"][0]["weights"] != first


def test_styles_that_fail_are_recorded_with_their_errors_and_the_others_run(facts: Any) -> None:
    found = facts["two fail"]["styles"]
    assert found["sequential"]["error"] == {"type": "RuntimeError", "message": "the user's own error"}
    assert found["subclassed"]["error"] == {"type": "ArithmeticError", "message": "the loss of epoch 1 is nan"}
    assert found["functional"]["status"] == "ok"


def test_without_functional_the_others_run(facts: Any) -> None:
    found = facts["functional fails"]["styles"]
    assert [found[style]["status"] for style in ("functional", "subclassed")] == ["failed", "ok"]
