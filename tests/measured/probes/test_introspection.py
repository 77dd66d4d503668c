"""The introspection probe looks at constructed and built models, and plants faults to see where they are caught."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.conftest import ENVIRONMENTS, REPOSITORY

# Takes some minutes, so it runs with the studies of the same probes.
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


@pytest.mark.parametrize("style", ["functional", "subclassed"])
def test_a_graph_and_a_class_that_builds_itself_count_parameters_once_constructed(facts: Any, style: str) -> None:
    found = cells(facts, "two", "checks", style)
    assert {found["summary", when]["value"]["parameters"] for when in ("constructed", "built")} == {"101770"}


def test_a_naive_class_has_no_parameters_until_it_is_built(facts: Any) -> None:
    found = cells(facts, "naive", "checks", "subclassed")
    before = found["summary", "constructed"]
    assert before["error"] or before["value"]["parameters"] == "0"
    assert found["summary", "built"]["value"]["parameters"] == "101770"


def test_every_available_check_finds_the_right_answer(facts: Any) -> None:
    for name, cell in cells(facts, "graph", "checks", "functional").items():
        if cell["available"]:
            assert (cell["value"], cell["error"]) == (cell["expected"], None), name


def test_no_answer_is_expected_for_an_unknown_network(facts: Any) -> None:
    assert cells(facts, "bad", "checks", "functional")["layer_names", "built"]["expected"] is None


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


@pytest.mark.parametrize("style", ["functional", "subclassed"])
def test_a_style_that_is_built_like_all_others_catches_a_wrong_width_at_the_first_step(facts: Any, style: str) -> None:
    caught = cells(facts, "two", "faults", style)["wrong_input_width"]
    assert (caught["stage"], caught["names_culprit"]) == ("first step", True)


@pytest.mark.parametrize("style", ["functional", "subclassed"])
def test_a_style_that_is_built_like_all_others_catches_a_mismatch_inside_at_once(facts: Any, style: str) -> None:
    assert cells(facts, "two", "faults", style)["mismatch_inside"]["stage"] == "construct"


def test_a_class_warns_of_a_layer_that_leads_nowhere_when_it_is_trained_and_a_graph_does_not(facts: Any) -> None:
    said = {}
    for style in ("functional", "subclassed"):
        found = cells(facts, "chain", "faults", style)["broken_chain"]
        assert (found["stage"], found["error"]) == ("never", None)
        usual = [warning["message"] for warning in facts["chain"]["styles"][style]["result"]["control"]["warnings"]]
        said[style] = [warning for warning in found["warnings"] if warning["message"] not in usual]
    assert not said["functional"]
    assert said["subclassed"][0]["stage"] == "first step"
    assert "hidden_0" in said["subclassed"][0]["message"]


@pytest.mark.parametrize("style", ["functional", "subclassed"])
def test_the_control_reaches_the_last_stage_without_errors(facts: Any, style: str) -> None:
    control = facts["two"]["styles"][style]["result"]["control"]
    assert (control["stage"], control["error"]) == ("never", None)


@pytest.mark.parametrize("kind", ["checks", "faults"])
@pytest.mark.parametrize("style", ["functional", "subclassed"])
def test_a_rerun_finds_the_same(facts: Any, kind: str, style: str) -> None:
    again = cells(facts, "again", kind, style)
    first = cells(facts, "two", kind, style)
    assert again == {name: first[name] for name in again}


def test_a_style_that_cannot_be_made_or_ends_its_process_affects_only_its_own_cells(facts: Any) -> None:
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


def test_findings_match_the_schema_of_records(facts: Any) -> None:
    schema = json.loads((REPOSITORY / "workflow" / "schemas" / "record.schema.json").read_text())
    found = Draft202012Validator({**schema["$defs"]["introspection"], "$defs": schema["$defs"]})
    for run in facts.values():
        found.validate(run)
