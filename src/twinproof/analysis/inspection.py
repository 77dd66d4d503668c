"""From the records of introspection and of the pitfalls to their tables."""

from collections.abc import Iterator
from typing import Any

from twinproof.analysis.cells import ending, told
from twinproof.record import Record

# Where a mistake may be caught, from the earliest on.
STAGES = ["construct", "compile", "first step", "later", "never"]
# Of a pitfall whose program may be wrong for another reason than the trap.
CONTROL_FAILED = "not shown: the control failed"


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
    for shared, result in _results(record):
        for cell in result["checks"]:
            yield {
                **shared,
                "check": cell["check"],
                "when": cell["when"],
                "outcome": _check_outcome(cell, reference),
                "value": None if cell["value"] is None else _text(cell["value"]),
                **told(cell),
            }


def fault_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each mistake planted in each style: where it was caught, and whether the culprit was named."""
    for shared, result in _results(record):
        for cell in result["faults"]:
            yield {
                **shared,
                **{key: cell[key] for key in ("fault", "title", "stage", "names_culprit")},
                **told(cell),
            }


def pitfall_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each pitfall of a twin.

    Its outcome is `as expected`, `error`, `wrong, with a warning` or `silently wrong`; or `crashed`, `timed out`; or
    `not shown: the control failed`, where the same program does not work without the trap either.
    """
    for shared, result in _results(record):
        for cell in result["pitfalls"]:
            yield {
                **shared,
                **{key: cell[key] for key in ("pitfall", "title", "expected", "step", "what")},
                "outcome": pitfall_outcome(cell),
                **told(cell),
                "references": " ".join(cell["references"]) or None,
            }


def pitfall_outcome(cell: dict[str, Any]) -> str:
    """Return how a pitfall ended."""
    control = cell.get("control")
    if control and not control["as_expected"] and not control["reason"]:
        return CONTROL_FAILED
    if cell["error"]:
        return ending(cell) or "error"
    if cell["as_expected"]:
        return "as expected"
    # What is said without the trap, too, is no warning of it.
    warnings = set(cell["warnings"]) - set(control["warnings"] if control else ())
    return "wrong, with a warning" if warnings else "silently wrong"


def _results(record: Record) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for style in sorted(record["styles"], key=["sequential", "functional", "subclassed"].index):
        shared = {key: record[key] for key in ("environment", "twin", "replicate")} | {"style": style}
        if "result" in record["styles"][style]:
            yield shared, record["styles"][style]["result"]


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
