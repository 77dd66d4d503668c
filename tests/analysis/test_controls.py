"""A pitfall shows something only if the same program works without the trap."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import REPOSITORY
from twinproof.analysis.rows.pitfalls import pitfall_outcome, pitfall_rows
from twinproof.analysis.verdicts.pitfalls import shown
from twinproof.analysis.words import PitfallOutcome
from twinproof.report.matrices import KINDS
from twinproof.study.record import FORMAT, write_record

ERROR = {"type": "TypeError", "message": "a float is no tensor"}
WORKS = {"step": "train", "as_expected": True, "what": "fine", "error": None, "warnings": [], "reason": None}
WRONG = WORKS | {"as_expected": False}
FAILS = WORKS | {"as_expected": None, "what": None, "error": ERROR}


def cell(control: dict[str, Any] | None, **found: Any) -> dict[str, Any]:
    return (
        {"step": "train", "as_expected": False, "what": "wrong", "error": None, "warnings": []}
        | found
        | {"control": control}
    )


TOLD = {"pitfall": "p", "title": "A trap", "expected": "It works.", "references": []}


@pytest.mark.parametrize("control", [WRONG, FAILS])
@pytest.mark.parametrize("found", [{}, {"error": ERROR, "as_expected": None}, {"as_expected": True}])
def test_where_the_control_fails_nothing_is_shown(control: dict[str, Any], found: dict[str, Any]) -> None:
    assert pitfall_outcome(cell(control, **found)) == PitfallOutcome.CONTROL_FAILED


def test_a_control_that_is_known_to_fail_changes_nothing() -> None:
    assert pitfall_outcome(cell(FAILS | {"reason": "Keras 2 has no such layer"})) == "silently wrong"


@pytest.mark.parametrize(
    ("warnings", "outcome"),
    [([], "silently wrong"), (["mind"], "silently wrong"), (["mind", "lost"], "wrong, with a warning")],
)
def test_a_warning_that_the_control_gives_too_is_not_about_the_trap(warnings: list[str], outcome: str) -> None:
    assert pitfall_outcome(cell(WORKS | {"warnings": ["mind"]}, warnings=warnings)) == outcome


def test_a_record_without_controls_is_judged_as_before() -> None:
    without = cell(None)
    del without["control"]
    assert pitfall_outcome(without) == "silently wrong"


def test_what_is_not_shown_is_neither_right_nor_wrong() -> None:
    assert KINDS[PitfallOutcome.CONTROL_FAILED] == "quiet"
    pitfalls = pd.DataFrame(
        {"pitfall": ["nested_list", "list_of_pairs"], "outcome": [PitfallOutcome.CONTROL_FAILED, "as expected"]}
    )
    assert list(shown({"pitfalls": pitfalls})["pitfall"]) == ["list_of_pairs"]


def test_what_an_environment_cannot_run_is_not_available_and_says_nothing_about_the_trap() -> None:
    lacking = cell(None, lacking=["tensorflow"], as_expected=None, what=None)
    del lacking["control"]
    assert pitfall_outcome(lacking) == PitfallOutcome.NOT_AVAILABLE
    pitfalls = pd.DataFrame({"pitfall": ["nested_list"], "outcome": [PitfallOutcome.NOT_AVAILABLE]})
    assert shown({"pitfalls": pitfalls}).empty
    style = {"status": "ok", "result": {"pitfalls": [TOLD | lacking]}}
    (row,) = pitfall_rows(record(WORKS) | {"styles": {"subclassed": style}})
    assert (row.outcome, row.error) == ("not available", "not installed: tensorflow")


def record(control: dict[str, Any]) -> dict[str, Any]:
    golden = json.loads((REPOSITORY / "tests" / "golden" / f"record-{FORMAT}.json").read_text())
    styles = {"subclassed": {"status": "ok", "result": {"pitfalls": [TOLD | cell(control)]}}}
    return golden | {"probe": "pitfalls", "measurement": None, "order": ["subclassed"], "styles": styles}


@pytest.mark.parametrize("control", [WORKS, FAILS, FAILS | {"reason": "Keras 2 has no such layer"}])
def test_a_record_holds_what_the_control_saw(control: dict[str, Any], tmp_path: Path) -> None:
    write_record(tmp_path / "record.json", record(control))
    found = json.loads((tmp_path / "record.json").read_text())["styles"]["subclassed"]["result"]["pitfalls"]
    assert found[0]["control"] == control


@pytest.mark.parametrize("control", [{}, WORKS | {"odd": 1}, WORKS | {"step": 3}])
def test_an_invalid_control_does_not_fit_the_record(control: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="control"):
        write_record(tmp_path / "record.json", record(control))
