"""The introspection probe looks at constructed and built models, and plants faults to see where they are caught."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import ENVIRONMENTS, REPOSITORY

# Some minutes: with the studies of the same probes.
pytestmark = pytest.mark.outcomes


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0], ENVIRONMENTS[-1]])
def environment(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def facts(facts_from: Callable[..., Any], environment: str) -> Any:
    return facts_from("introspection_facts", environment)


def cells(facts: Any, run: str, kind: str, style: str) -> dict[Any, dict[str, Any]]:
    found = facts[run]["styles"][style]["result"][kind]
    return {(cell["check"], cell["when"]) if kind == "checks" else cell["fault"]: cell for cell in found}


def test_a_functional_summary_is_whole_before_building_and_a_subclass_has_none_until_then(facts: Any) -> None:
    whole = {"layers": 2, "shapes": 2, "parameters": "101770"}
    functional, subclassed = (cells(facts, "two", "checks", style) for style in ("functional", "subclassed"))
    assert functional["summary", "constructed"]["value"] == functional["summary", "built"]["value"] == whole
    before = subclassed["summary", "constructed"]
    assert before["error"] or before["value"]["parameters"] == "0"
    assert subclassed["summary", "built"]["value"]["parameters"] == whole["parameters"]


@pytest.mark.parametrize("style", ["functional", "subclassed"])
@pytest.mark.parametrize("when", ["constructed", "built"])
def test_a_frozen_layer_stays_as_it_is(facts: Any, style: str, when: str) -> None:
    trained = cells(facts, "two", "checks", style)["freezing", when]
    assert trained["value"] == ["classifier/bias", "classifier/kernel"], trained["error"]


def test_only_a_graph_is_drawn_with_lines(facts: Any) -> None:
    drawn = {style: cells(facts, "two", "checks", style)["graph_drawing", "built"] for style in facts["two"]["order"]}
    assert drawn["functional"]["value"] == {"nodes": 2, "edges": 1}
    assert drawn["subclassed"]["value"]["edges"] == 0


def test_what_the_environment_lacks_is_not_available(facts: Any, environment: str) -> None:
    cell = cells(facts, "two", "checks", "functional")["quantization", "built"]
    assert cell["available"] == (environment != "tf2.15-cpu")
    assert cell["value"] == ({"int8": 2, "finite": True} if cell["available"] else None)


def test_a_wrong_width_is_caught_and_named_by_functional_alone(facts: Any) -> None:
    functional, subclassed = (cells(facts, "two", "faults", style) for style in ("functional", "subclassed"))
    caught = functional["wrong_input_width"]
    assert (caught["stage"], caught["names_culprit"]) == ("first step", True)
    assert subclassed["wrong_input_width"]["stage"] == "never"
    assert subclassed["wrong_input_width"]["names_culprit"] is None


def test_a_mismatch_inside_is_caught_at_construction_or_at_the_first_step(facts: Any) -> None:
    stages = {
        style: cells(facts, "two", "faults", style)["mismatch_inside"]["stage"] for style in facts["two"]["order"]
    }
    assert stages == {"functional": "construct", "subclassed": "first step"}


def test_the_way_to_the_last_stage_is_free_of_other_errors(facts: Any) -> None:
    for style in facts["two"]["order"]:
        unused = cells(facts, "two", "faults", style)["unused_layer"]
        assert (unused["stage"], unused["error"]) == ("never", None)


@pytest.mark.parametrize("kind", ["checks", "faults"])
@pytest.mark.parametrize("style", ["functional", "subclassed"])
def test_a_rerun_finds_the_same(facts: Any, kind: str, style: str) -> None:
    again = cells(facts, "again", kind, style)
    first = cells(facts, "two", kind, style)
    assert again == {name: first[name] for name in again}


def test_a_style_that_cannot_be_made_or_ends_its_process_costs_its_own_cells_only(facts: Any) -> None:
    errors = {}
    for style in facts["bad"]["order"]:
        check = cells(facts, "bad", "checks", style)["layer_names", "built"]
        fault = cells(facts, "bad", "faults", style)["wrong_loss_shape"]
        errors[style] = (check["error"] and check["error"]["type"], fault["error"]["type"], fault["stage"])
    assert errors == {
        "functional": (None, "ValueError", "first step"),
        "sequential": ("RuntimeError", "RuntimeError", "construct"),
        "subclassed": ("Crash", "Crash", "construct"),
    }


def test_what_is_found_is_as_a_record_has_it(facts: Any) -> None:
    schema = json.loads((REPOSITORY / "workflow" / "schemas" / "record.schema.json").read_text())
    found = Draft202012Validator({**schema["$defs"]["introspection"], "$defs": schema["$defs"]})
    for run in facts.values():
        found.validate(run)
