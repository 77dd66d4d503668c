"""The rows of introspection: checks of each style, and where planted mistakes were caught."""

from collections.abc import Iterator
from typing import Any

from twinproof.analysis.rows.common import ending, error_and_warnings, styles_of
from twinproof.study.record import Record

# Where a mistake may be caught, from the earliest on.
STAGES = ["construct", "compile", "first step", "later", "never"]


def check_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each check of each style.

    Its outcome is `works` if it finds what it finds in the functional model once that is built, else `differs`; or
    `fails`, `crashed`, `timed out`, `not available`.
    """
    reference = {
        cell["check"]: cell["value"]
        for cell in record["styles"]["functional"].get("result", {}).get("checks", [])
        if cell["when"] == "built" and not cell["error"]
    }
    for shared, _, result in styles_of(record):
        for cell in result.get("checks", []):
            yield {
                **shared,
                "check": cell["check"],
                "when": cell["when"],
                "outcome": _check_outcome(cell, reference),
                "value": None if cell["value"] is None else _text(cell["value"]),
                **error_and_warnings(cell),
            }


def fault_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each mistake planted in each style: where it was caught, and whether the culprit was named."""
    for shared, _, result in styles_of(record):
        for cell in result.get("faults", []):
            yield {
                **shared,
                **{key: cell[key] for key in ("fault", "title", "stage", "names_culprit")},
                "ended": ending(cell),
                **error_and_warnings(cell),
            }


def _check_outcome(cell: dict[str, Any], reference: dict[str, Any]) -> str:
    if not cell["available"]:
        return "not available"
    if cell["error"]:
        return ending(cell) or "fails"
    return "works" if cell["value"] == reference.get(cell["check"], cell["value"]) else "differs"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " ".join(_text(inner) for inner in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
