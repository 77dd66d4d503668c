"""The rows of the pitfalls: how each ended."""

import json
from collections.abc import Iterator
from typing import Any

from twinproof.analysis.rows.common import ending, error_and_warnings, styles_of
from twinproof.study.record import Record

# Of a pitfall whose program may be wrong for another reason than the trap.
CONTROL_FAILED = "not shown: the control failed"


def pitfall_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each pitfall of a twin.

    Its outcome is `as expected`, `error`, `wrong, with a warning` or `silently wrong`; or `crashed`, `timed out`; or
    `not shown: the control failed`, where the same program does not work without the trap either.
    """
    for shared, _, result in styles_of(record):
        for cell in result.get("pitfalls", []):
            yield {
                **shared,
                **{key: cell[key] for key in ("pitfall", "title", "expected", "step", "what")},
                "outcome": pitfall_outcome(cell),
                **error_and_warnings(cell),
                "references": json.dumps(cell["references"]),
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
