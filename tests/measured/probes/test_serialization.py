"""The serialization probe reports the outcome of each kind of model, even if it fails."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS

pytestmark = pytest.mark.outcomes

SAME, WITH_CODE, WITHOUT_CODE = "same process", "fresh process, code at hand", "fresh process, no code"


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0], ENVIRONMENTS[-1]])
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("serialization_facts", request.param)


def cells(facts: Any, run: str, way: str, operation: str = ".keras") -> dict[str, dict[str, Any]]:
    """Return the cells of an operation by place."""
    return {cell["place"]: cell for cell in facts[run][way] if cell["operation"] == operation}


def test_a_functional_model_is_loaded_bit_for_bit_wherever_it_is(facts: Any) -> None:
    for cell in cells(facts, "small", "functional").values():
        assert (cell["loaded"], cell["bit_equal"], cell["largest"], cell["error"]) == (True, True, 0, None)


def test_a_subclass_is_loaded_with_its_code_and_not_without(facts: Any) -> None:
    found = cells(facts, "small", "subclassed")
    assert [found[place]["bit_equal"] for place in (SAME, WITH_CODE)] == [True, True]
    assert (found[WITHOUT_CODE]["saved"], found[WITHOUT_CODE]["step"]) == (True, "load")
    assert found[WITHOUT_CODE]["error"]["type"] == "TypeError"


def test_a_process_that_knows_the_code_is_not_taken_for_one_without(facts: Any) -> None:
    assert "json is known here already" in facts["not fresh"]["error"]["message"]


def test_weights_can_only_be_loaded_where_the_code_is(facts: Any) -> None:
    assert list(cells(facts, "small", "subclassed", ".weights.h5, built")) == [SAME, WITH_CODE]


def test_the_state_of_the_optimizer_is_reported_only_for_whole_models(facts: Any) -> None:
    assert cells(facts, "small", "functional")[SAME]["optimizer"] == "equal"
    assert cells(facts, "small", "functional", ".weights.h5, built")[SAME]["optimizer"] is None


def test_saving_and_loading_are_timed_as_often_as_asked(facts: Any) -> None:
    cell = cells(facts, "small", "functional")[SAME]
    assert (len(cell["save_seconds"]), len(cell["load_seconds"])) == (2, 2)
    assert min(cell["save_seconds"] + cell["load_seconds"]) > 0
    assert cell["bytes"] > 1000


def test_a_process_that_ends_while_it_saves_affects_only_its_own_style(facts: Any) -> None:
    found = cells(facts, "bad", "naive")
    assert {(cell["saved"], cell["error"]["type"]) for cell in found.values()} == {(False, "Crash")}
    assert "SIGABRT" in found[SAME]["error"]["message"]
    assert all(cell["bit_equal"] for cell in cells(facts, "bad", "functional").values())


def test_a_style_that_cannot_be_made_is_reported_with_its_error(facts: Any) -> None:
    for cell in cells(facts, "bad", "sequential").values():
        assert (cell["step"], cell["error"]["message"]) == ("make", "the user's own error")


def test_outputs_that_are_not_numbers_still_give_a_record(facts: Any) -> None:
    found = cells(facts, "no number", "functional", ".weights.h5, built")
    assert {(cell["loaded"], cell["bit_equal"], cell["largest"]) for cell in found.values()} == {(True, True, None)}


def test_differences_are_the_largest_and_the_mean_where_there_are_numbers(facts: Any) -> None:
    same, apart, shape, *numberless = facts["difference"]
    assert same == {"bit_equal": True, "largest": 0, "mean": 0}
    assert apart == {"bit_equal": False, "largest": 1, "mean": 1}
    assert shape == {"bit_equal": False}
    assert numberless == [{"bit_equal": False}, {"bit_equal": False}, {"bit_equal": True}]
