"""The probe of the pitfalls runs each as its author would, and tells what came of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ENVIRONMENTS, REPOSITORY
from twinproof.record import FORMAT, write_record

# Some minutes: with the studies of the same probes.
pytestmark = pytest.mark.outcomes

KERAS_2 = "tf2.15-cpu"
Cell = dict[str, Any]


@pytest.fixture(scope="module", params=[ENVIRONMENTS[0], ENVIRONMENTS[-1]])
def environment(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def facts(facts_from: Callable[..., Any], environment: str) -> Any:
    return facts_from("pitfalls_facts", environment)


def cells(facts: Any, run: str) -> dict[str, Cell]:
    styles = facts[run]["styles"].values()
    return {cell["pitfall"]: cell for style in styles for cell in style["result"]["pitfalls"]}


def ending(cell: Cell) -> str:
    if cell["error"]:
        return f"{cell['error']['type']} at {cell['step']}"
    if cell["as_expected"]:
        return "as expected"
    return "warned" if cell["warnings"] else "silently wrong"


def test_example_2_as_printed_trains_in_keras_2_only(facts: Any, environment: str) -> None:
    expected = "as expected" if environment == KERAS_2 else "ValueError at train"
    assert ending(cells(facts, "conditional")["dropout_made_in_call"]) == expected


def test_example_3_as_printed_is_not_even_made(facts: Any) -> None:
    cell = cells(facts, "dynamic")["layers_attribute"]
    assert ending(cell) == "AttributeError at construct"
    assert "layers" in cell["error"]["message"]


def test_layers_in_a_list_within_a_list_are_lost_silently_up_to_keras_3_14(facts: Any, environment: str) -> None:
    cell = cells(facts, "dynamic")["nested_list"]
    assert ending(cell) == ("silently wrong" if environment == KERAS_2 else "as expected")
    assert cell["what"].startswith("outputs differ by up to 0." if environment == KERAS_2 else "the outputs are the")


def test_layers_in_an_attribute_named_like_keras_own_are_lost_silently_in_keras_3(facts: Any, environment: str) -> None:
    expected = "as expected" if environment == KERAS_2 else "silently wrong"
    assert ending(cells(facts, "dynamic")["private_layers_attribute"]) == expected


def test_a_call_without_training_has_no_dropout_in_keras_3(facts: Any, environment: str) -> None:
    expected = "as expected" if environment == KERAS_2 else "silently wrong"
    assert ending(cells(facts, "conditional")["call_without_training"]) == expected


def test_an_error_is_told_with_the_step_at_which_it_occurs(facts: Any, environment: str) -> None:
    expected = "as expected" if environment == KERAS_2 else "NotImplementedError at save"
    assert ending(cells(facts, "dynamic")["argument_without_config"]) == expected


def test_pitfalls_are_grouped_by_style_and_every_style_has_some(facts: Any) -> None:
    assert list(facts["conditional"]["styles"]) == ["functional", "subclassed"] == facts["conditional"]["order"]
    assert list(facts["made up"]["styles"]) == ["sequential", "functional"]
    assert facts["none"]["styles"] == {}


@pytest.mark.parametrize("run", ["conditional", "dynamic", "made up"])
def test_what_is_found_fits_the_record(facts: Any, run: str, tmp_path: Path) -> None:
    golden = json.loads((REPOSITORY / "tests" / "golden" / f"record-{FORMAT}.json").read_text())
    found = {"probe": "pitfalls", "measurement": None, **{key: facts[run][key] for key in ("order", "styles")}}
    write_record(tmp_path / "record.json", golden | found)


def test_a_rerun_finds_exactly_the_same(facts: Any) -> None:
    assert facts["conditional again"] == facts["conditional"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("aborts", {"type": "Crash", "message": "the process ended by itself: SIGABRT"}),
        ("exits", {"type": "Crash", "message": "the process ended by itself: exit status 3"}),
        ("hangs", {"type": "Timeout", "message": "not done after 5 s"}),
    ],
)
def test_a_process_that_dies_costs_its_own_pitfall_only(facts: Any, name: str, error: dict[str, str]) -> None:
    cell = cells(facts, "made up")[name]
    assert cell["error"] == error
    assert (cell["step"], cell["as_expected"], cell["what"]) == (None, None, None)


def test_the_others_run_and_tell_what_they_see_and_hear(facts: Any) -> None:
    found = cells(facts, "made up")
    assert list(found) == ["exits", "raises", "aborts", "ends", "hangs"]
    assert found["ends"] == {
        "pitfall": "ends",
        "title": "It ends",
        "expected": "It does not.",
        "references": ["https://example.org/1"],
        "step": "end",
        "as_expected": False,
        "what": "192 images",
        "error": None,
        "warnings": ["something is odd"],
        "control": {
            "step": "begin without it",
            "as_expected": True,
            "what": "nothing is odd",
            "error": None,
            "warnings": [],
            "reason": None,
        },
    }
    # The working folder, another one in every run, is left out.
    assert found["raises"]["error"] == {"type": "RuntimeError", "message": "at ."}
    assert found["raises"]["warnings"] == ["something is odd"]


def test_progress_tells_what_is_being_done(facts: Any) -> None:
    told = facts["made up"]["progress"]
    assert [what for _, what in told] == ["aborts", "ends", "exits", "hangs", "raises"]
    assert [share for share, _ in told] == [0, 0.2, 0.4, 0.6, 0.8]
