"""Checks, mistakes and pitfalls are judged from what was found of them."""

from typing import Any

import pytest

from twinproof.analysis.rows.introspection import check_rows, fault_rows
from twinproof.analysis.rows.pitfalls import pitfall_rows

ERROR = {"type": "ValueError", "message": "no"}


def record(**styles: dict[str, Any]) -> dict[str, Any]:
    found = {style: {"status": "ok", "result": result} for style, result in styles.items()}
    return {"environment": "e", "twin": "t", "replicate": 0, "styles": found}


def check(value: Any = None, when: str = "built", **found: Any) -> dict[str, Any]:
    return {"check": "count", "when": when, "value": value, "error": None, "warnings": [], "available": True, **found}


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
def test_a_check_is_measured_by_functional_once_built(cell: dict[str, Any], outcome: str) -> None:
    functional = [check(3, "constructed"), check(7)]
    rows = list(check_rows(record(functional={"checks": functional}, subclassed={"checks": [cell]})))
    assert [row.outcome for row in rows] == ["differs", "works", outcome]


def test_without_functional_a_value_is_taken_as_it_is() -> None:
    failed = record(subclassed={"checks": [check(3)]})
    failed["styles"]["functional"] = {"status": "failed", "error": ERROR}
    assert [row.outcome for row in check_rows(failed)] == ["works"]


def test_a_value_is_written_as_a_text() -> None:
    found = record(functional={"checks": [check({"nodes": 6, "names": ["a", "b"], "loss": 0.123456789})]})
    assert next(check_rows(found)).value == "nodes 6, names a b, loss 0.123457"


def test_a_mistake_is_told_with_its_stage_and_what_was_said() -> None:
    cell = {"fault": "f", "title": "F", "stage": "construct", "error": ERROR, "warnings": ["w"], "names_culprit": True}
    row = next(fault_rows(record(functional={"faults": [cell]})))
    assert (row.stage, row.names_culprit, row.error, row.warnings) == (
        "construct",
        True,
        "ValueError: no",
        "w",
    )


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
