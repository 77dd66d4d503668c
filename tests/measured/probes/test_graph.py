"""The graph probe finds that one network compiles to one graph, and names what another has in addition."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS
from twinproof.study.settings import COMPILED

GRAPHS = [(name, stage) for name in COMPILED for stage in ("given", "optimized")]
ALL_EQUAL = dict.fromkeys(GRAPHS, "equal")


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0], ENVIRONMENTS[-1]])
def facts(facts_from: Callable[..., Any], request: pytest.FixtureRequest) -> Any:
    return facts_from("graph_facts", request.param)


def graphs(facts: Any, style: str, twin: str = "many") -> dict[tuple[str, str], dict[str, Any]]:
    found = facts[twin]["styles"][style]
    assert found["status"] == "ok", found
    assert found["result"]["backend"] == "tensorflow"
    return {(name, stage): found["result"]["functions"][name][stage] for name, stage in GRAPHS}


def outcomes(facts: Any, style: str, twin: str = "many") -> dict[tuple[str, str], str]:
    return {place: found["comparison"]["outcome"] for place, found in graphs(facts, style, twin).items()}


@pytest.mark.parametrize("style", ["subclassed", "control"])
def test_one_network_compiles_to_one_graph(facts: Any, style: str) -> None:
    assert outcomes(facts, style) == ALL_EQUAL


@pytest.mark.parametrize("style", ["subclassed", "control"])
def test_a_recurrent_layer_compiles_to_one_graph(facts: Any, style: str) -> None:
    """In TensorFlow 2.15, the optimizer specializes its function for the call and does not expose the result."""
    assert outcomes(facts, style, "recurrent") == ALL_EQUAL
    assert "other operations" in outcomes(facts, "extended", "recurrent").values()


def test_the_functions_that_a_loop_calls_are_read_in_one_order(facts: Any) -> None:
    assert facts["called by a loop"] == [["body", "cond"], ["body", "cond"]]


def test_the_order_in_which_the_optimizer_puts_operands_does_not_count(facts: Any) -> None:
    found = outcomes(facts, "subclassed", "joined")
    assert found["predict", "optimized"] == found["train_step", "optimized"] == "equal"


def test_an_extra_operation_is_found_in_each_graph(facts: Any) -> None:
    functional, extended = graphs(facts, "functional"), graphs(facts, "extended")
    assert outcomes(facts, "extended") == dict.fromkeys(GRAPHS, "other operations")
    for place in GRAPHS:
        more = Counter(extended[place]["operations"]) - Counter(functional[place]["operations"])
        assert more == {"Relu": 1}, place
        assert extended[place]["comparison"]["difference"].endswith("the second with 1 Relu")


def test_the_optimizer_makes_each_graph_smaller(facts: Any) -> None:
    sizes = {place: sum(found["operations"].values()) for place, found in graphs(facts, "functional").items()}
    assert all(sizes[name, "optimized"] < sizes[name, "given"] for name in COMPILED)


def test_without_a_gpu_xla_is_not_used(facts: Any) -> None:
    assert not any(found["xla"] for found in graphs(facts, "functional").values())


def test_another_operation_is_named(facts: Any) -> None:
    found = graphs(facts, "other activation")["predict", "given"]["comparison"]
    assert found["outcome"] == "other operations"
    assert "without 2 Relu" in found["difference"] and "with 2 Tanh" in found["difference"]


def test_another_number_in_training_is_found_only_there(facts: Any) -> None:
    found = outcomes(facts, "more noise")
    assert found.pop(("train_step", "given")) == "wired otherwise"
    assert found.pop(("train_step", "optimized")) != "equal"
    assert set(found.values()) == {"equal"}


def test_functional_is_compared_with_nothing_and_nothing_is_compared_if_it_raises(facts: Any) -> None:
    assert not any("comparison" in found for found in graphs(facts, "functional").values())
    assert facts["functional raises"]["styles"]["functional"]["error"]["message"] == "the user's own error"
    assert not any("comparison" in found for found in graphs(facts, "subclassed", "functional raises").values())


def test_a_style_that_raises_is_recorded_with_its_error_and_the_others_run(facts: Any) -> None:
    assert facts["many"]["styles"]["raises"]["error"]["message"] == "the user's own error"
