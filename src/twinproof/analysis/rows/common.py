"""What the rows of all probes have in common: the columns that name a style of a trial, errors and warnings."""

from collections.abc import Iterator
from typing import Any

from twinproof.analysis.columns import CELL
from twinproof.base.styles import STYLES
from twinproof.study.record import Record

# In the order in which tables show them. The last two are the controls of identity and timing.
ORDER = [*STYLES, "control", "slowed"]
# Types of error of a process that did not come to its end, and the outcome that each is.
ENDINGS = {"Crash": "crashed", "Timeout": "timed out"}


def cell_of(record: Record) -> dict[str, Any]:
    """Return the columns that name a trial: environment, twin, replicate."""
    return {key: record[key] for key in (*CELL, "replicate")}


def styles_of(record: Record) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield for each style the columns that name it, its status and error, and its result, which may be empty."""
    for style in sorted(record["styles"], key=ORDER.index):
        found = record["styles"][style]
        error = f"{found['error']['type']}: {found['error']['message']}" if "error" in found else None
        shared = cell_of(record) | {"style": style}
        yield shared, {"status": found["status"], "error": error}, found.get("result", {})


def series_rows(record: Record, series: str, counter: str) -> Iterator[dict[str, Any]]:
    """Yield one row for each item of a series (steps, epochs), counted from 1."""
    for shared, _, result in styles_of(record):
        for number, item in enumerate(result.get(series, []), 1):
            yield {**shared, counter: number, **item}


def ending(cell: dict[str, Any]) -> str | None:
    """Return how the process of an operation ended, if not by itself after the operation."""
    return ENDINGS.get(cell["error"]["type"]) if cell["error"] else None


def error_and_warnings(cell: dict[str, Any]) -> dict[str, str | None]:
    """Return the columns error and warnings: type and message, and all warnings."""
    return {
        "error": f"{cell['error']['type']}: {cell['error']['message']}" if cell["error"] else None,
        "warnings": " | ".join(cell["warnings"]) or None,
    }
