"""The pitfalls probe runs each pitfall as its author would, and reports the outcome."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from twinproof.study.record import FORMAT, write_record

# Takes some minutes, so it runs with the studies of the same probes.
pytestmark = pytest.mark.outcomes

Cell = dict[str, Any]


@pytest.fixture(scope="module")
def facts(facts_from: Callable[..., Any]) -> Any:
    """In one environment; e2e/test_outcomes.py checks the real pitfalls in each."""
    return facts_from("pitfalls_facts")


def cells(facts: Any, run: str) -> dict[str, Cell]:
    styles = facts[run]["styles"].values()
    return {cell["pitfall"]: cell for style in styles for cell in style["result"]["pitfalls"]}


def test_pitfalls_are_grouped_by_style_and_every_style_has_some(facts: Any) -> None:
    assert list(facts["made up"]["styles"]) == ["sequential", "functional"] == facts["made up"]["order"]
    assert facts["none"]["styles"] == {}


def test_findings_fit_the_record(facts: Any, tmp_path: Path) -> None:
    golden = json.loads((REPOSITORY / "tests" / "golden" / f"record-{FORMAT}.json").read_text())
    found = {"probe": "pitfalls", "measurement": None, **{key: facts["made up"][key] for key in ("order", "styles")}}
    write_record(tmp_path / "record.json", golden | found)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("aborts", {"type": "Crash", "message": "the process ended by itself: SIGABRT"}),
        ("exits", {"type": "Crash", "message": "the process ended by itself: exit status 3"}),
        ("hangs", {"type": "Timeout", "message": "not done after 5 s"}),
    ],
)
def test_a_process_that_dies_affects_only_its_own_pitfall(facts: Any, name: str, error: dict[str, str]) -> None:
    cell = cells(facts, "made up")[name]
    assert cell["error"] == error
    assert (cell["step"], cell["as_expected"], cell["what"]) == (None, None, None)


def test_the_others_run_and_report_what_they_see_and_their_warnings(facts: Any) -> None:
    found = cells(facts, "made up")
    assert list(found) == ["exits", "raises", "aborts", "ends", "hangs"]
    assert found["ends"] == {
        "pitfall": "ends",
        "title": "It ends",
        "expected": "It does not.",
        "references": ["https://example.org/1"],
        "lacking": [],
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
    # The working folder, which differs in every run, is left out.
    assert found["raises"]["error"] == {"type": "RuntimeError", "message": "at ."}
    assert found["raises"]["warnings"] == ["something is odd"]
