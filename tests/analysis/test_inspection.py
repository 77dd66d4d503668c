"""Checks, mistakes and pitfalls are judged from their findings."""

from typing import Any

import pytest

from twinproof.analysis.rows.introspection import check_rows, fault_rows
from twinproof.analysis.rows.pitfalls import pitfall_rows

ERROR = {"type": "ValueError", "message": "no"}


def record(**styles: dict[str, Any]) -> dict[str, Any]:
    found = {style: {"status": "ok", "result": result} for style, result in styles.items()}
    return {"environment": "e", "twin": "t", "replicate": 0, "styles": found}


def check(value: Any = None, when: str = "built", **found: Any) -> dict[str, Any]:
    empty = {"check": "count", "mechanism": "Counts", "expected": 7, "error": None, "warnings": [], "available": True}
    return {**empty, "when": when, "value": value, **found}


def fault(**found: Any) -> dict[str, Any]:
    empty = {
        "fault": "f", "title": "F", "mechanism": "Names", "about_style": True, "references": ["https://a"],
        "stage": "never", "error": None, "warnings": [], "names_culprit": None,
    }  # fmt: skip
    return {**empty, **found}


def warning(stage: str, message: str = "mind") -> dict[str, str]:
    return {"stage": stage, "message": message}


def pitfall(**found: Any) -> dict[str, Any]:
    empty = {
        "pitfall": "p", "title": "A trap", "expected": "It works.", "references": ["https://a", "https://b"],
        "step": "train", "as_expected": None, "what": None, "error": None, "warnings": [],
    }  # fmt: skip
    return {**empty, **found}


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        (check(7), "works"),
        (check(0), "differs"),
        (check(error=ERROR), "fails"),
        (check(error={"type": "Crash", "message": ""}), "crashed"),
        (check(error={"type": "Timeout", "message": ""}), "timed out"),
        (check(available=False), "not available"),
    ],
)
@pytest.mark.parametrize("style", ["functional", "subclassed"])
def test_a_check_of_any_style_is_compared_with_what_is_right(style: str, cell: dict[str, Any], outcome: str) -> None:
    assert [row.outcome for row in check_rows(record(**{style: {"checks": [cell]}}))] == [outcome]


def test_a_value_is_accepted_if_nothing_is_known_about_the_network() -> None:
    assert [row.outcome for row in check_rows(record(functional={"checks": [check(3, expected=None)]}))] == ["works"]


def test_a_value_is_written_as_text() -> None:
    found = record(functional={"checks": [check({"nodes": 6, "names": ["a", "b"], "loss": 0.123456789})]})
    assert next(check_rows(found)).value == "nodes 6, names a b, loss 0.123457"


@pytest.mark.parametrize(
    ("found", "caught", "stage", "warned"),
    [
        ({"stage": "first step", "error": ERROR}, "error", "first step", None),
        ({"stage": "later", "error": ERROR, "warnings": [warning("compile")]}, "error", "later", "compile"),
        ({"warnings": [warning("first step"), warning("later")]}, "warning", "first step", "first step"),
        ({"warnings": [warning("later", "said of every model")]}, "silence", "never", None),
        ({}, "silence", "never", None),
    ],
)
def test_a_mistake_is_reported_by_an_error_its_own_warning_or_not_at_all(
    found: dict[str, Any], caught: str, stage: str, warned: str | None
) -> None:
    control = {"warnings": [warning("construct", "said of every model")]}
    row = next(fault_rows(record(functional={"faults": [fault(**found)], "control": control})))
    assert (row.caught, row.stage, row.warned) == (caught, stage, warned)


def test_a_mistake_is_listed_with_its_kind_its_references_and_its_messages() -> None:
    cell = fault(stage="compile", error=ERROR, warnings=[warning("construct"), warning("compile")], names_culprit=True)
    row = next(fault_rows(record(functional={"faults": [cell], "control": {"warnings": []}})))
    assert (row.mechanism, row.about_style, row.references) == ("Names", True, '["https://a"]')
    assert (row.names_culprit, row.error, row.warnings) == (True, "ValueError: no", "mind")


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ({"as_expected": True}, "as expected"),
        ({"as_expected": False}, "silently wrong"),
        ({"as_expected": False, "warnings": ["mind"]}, "wrong, with a warning"),
        ({"error": ERROR}, "error"),
        ({"error": {"type": "Crash", "message": "SIGABRT"}}, "crashed"),
        ({"error": {"type": "Timeout", "message": ""}}, "timed out"),
    ],
)
def test_a_pitfall_is_as_expected_loud_or_silent(found: dict[str, Any], outcome: str) -> None:
    row = next(pitfall_rows(record(subclassed={"pitfalls": [pitfall(**found)]})))
    assert (row.outcome, row.references) == (outcome, '["https://a", "https://b"]')
