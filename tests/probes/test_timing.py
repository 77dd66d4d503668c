"""The timing probe pairs all participants in rounds, finds what is known to be slow, and goes on where one fails."""

from collections.abc import Callable
from statistics import median
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS

STEADY = {"train_step", "predict", "predict_one", "call", "compiled_call", "save", "load"}
MADE = {"construct", "build"}


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0]])
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("timing_facts", request.param)


def quantities(facts: Any, style: str) -> dict[str, list[float]]:
    found = facts["styles"][style]
    assert found["status"] == "ok", found
    return found["result"]["quantities"]


def test_all_participants_have_the_same_rounds_of_every_quantity(facts: Any) -> None:
    """Of the generation that counts: three, but one of the first step, and one of memory."""
    for style in ("functional", "subclassed", "slowly made", "control", "slowed"):
        counts = {quantity: len(times) for quantity, times in quantities(facts, style).items()}
        assert counts == {**dict.fromkeys(STEADY | MADE, 3), "first_step": 1, "python_memory": 1}
        assert facts["styles"][style]["result"]["errors"] == {}


def test_what_is_measured_is_positive(facts: Any) -> None:
    for found in facts["styles"].values():
        for times in found.get("result", {}).get("quantities", {}).values():
            assert min(times) > 0


@pytest.mark.parametrize("quantity", ["train_step", "predict", "compiled_call"])
def test_the_positive_control_takes_longer_by_about_what_was_added(facts: Any, quantity: str) -> None:
    """Half of its time is added; machines are noisy, so only the direction of the fastest rounds is asserted."""
    slowed, functional = (min(quantities(facts, name)[quantity]) for name in ("slowed", "functional"))
    assert slowed > 1.1 * functional


def test_a_slow_constructor_is_found_in_construct_and_nowhere_else(facts: Any) -> None:
    assert min(quantities(facts, "slowly made")["construct"]) > 0.2
    assert median(quantities(facts, "functional")["construct"]) < 0.2
    assert median(quantities(facts, "slowly made")["build"]) < 0.2


def test_memory_counts_what_python_holds_in_bytes(facts: Any) -> None:
    (memory,) = quantities(facts, "functional")["python_memory"]
    assert 10_000 < memory < 1e9


def test_what_a_style_cannot_do_is_told_and_the_rest_is_measured(facts: Any) -> None:
    result = facts["styles"]["never saved"]["result"]
    assert {"save", "load"} & result["errors"].keys()
    assert "save" not in result["quantities"] or "load" not in result["quantities"]
    assert STEADY - {"save", "load"} <= result["quantities"].keys()


def test_a_style_that_cannot_be_made_has_failed(facts: Any) -> None:
    assert facts["styles"]["raises"] == {
        "status": "failed",
        "error": {"type": "RuntimeError", "message": "the user's own error"},
    }


def test_progress_grows_from_0(facts: Any) -> None:
    told = facts["progress"]
    assert told[0] == 0
    assert told == sorted(set(told))
    assert told[-1] < 1
