"""From the records of serialization and exchange to tables: what became of each way of writing a twin."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from twinproof.record import Record

# From the best to the worst. What is wrong without a word is worse than any error.
OUTCOMES = [
    "equal", "close", "not available", "save fails", "load fails", "fails in use", "cannot be made",
    "saved without weights", "crashed", "timed out", "wrong, with a warning", "silently wrong",
]  # fmt: skip
RIGHT = ("equal", "close")
# Where there were no weights to save, other outputs are no corruption.
UNBUILT = "saved unbuilt"
WAYS = ["sequential", "functional", "subclassed", "naive"]
# With fewer, the smallest and the largest do not enclose the median with 95 % confidence.
FEWEST_REPEATS = 6
_ENDINGS = {"Crash": "crashed", "Timeout": "timed out"}


def serialization_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each cell of a record, with its outcome."""
    tolerance = record["protocol"]["probe"]["tolerance"]
    cells = {way: found["result"]["cells"] for way, found in record["styles"].items() if "result" in found}
    usual = {(cell["operation"], cell["place"]): _usual(cell, tolerance) for cell in cells.get("functional", [])}
    for way in sorted(cells, key=WAYS.index):
        for cell in cells[way]:
            said = [text for text in cell["warnings"] if text not in usual.get((cell["operation"], cell["place"]), [])]
            yield {
                **{key: record[key] for key in ("environment", "twin", "replicate")},
                "way": way,
                **{key: cell[key] for key in ("operation", "place", "built", "bit_equal", "largest", "mean")},
                "outcome": outcome(cell, said, tolerance),
                "optimizer": cell["optimizer"],
                # A count with gaps stays a whole number only as an object.
                "bytes": None if cell["bytes"] is None else str(cell["bytes"]),
                **_seconds("save", cell["save_seconds"]),
                **_seconds("load", cell["load_seconds"]),
                "error": _error(cell),
                "warnings": " | ".join(cell["warnings"]) or None,
            }


def exchange_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each model that this environment was to read, with its outcome."""
    tolerance = record["protocol"]["probe"]["tolerance"]
    cells = {way: found["result"]["cells"] for way, found in record["styles"].items() if "result" in found}
    usual = {(cell["writer"], cell["format"]): _usual(cell, tolerance) for cell in cells.get("functional", [])}
    for way in sorted(cells, key=WAYS.index):
        for cell in cells[way]:
            said = [text for text in cell["warnings"] if text not in usual.get((cell["writer"], cell["format"]), [])]
            yield {
                **{key: record[key] for key in ("environment", "twin", "replicate")},
                "way": way,
                **{key: cell[key] for key in ("format", "writer", "built", "bit_equal", "largest", "mean")},
                "outcome": outcome(cell, said, tolerance),
                "error": _error(cell),
                "warnings": " | ".join(cell["warnings"]) or None,
            }


def outcome(cell: dict[str, Any], said: list[str], tolerance: float) -> str:
    """Return what became of one operation, one of `OUTCOMES`.

    `said` are its warnings that do not belong to the operation itself, `tolerance` the largest difference of outputs
    (of resumed training: weights) that counts as none. What was loaded but is another network, so that it cannot be
    compared, is wrong.
    """
    if cell.get("lacking"):
        return "not available"
    if cell["error"] and cell["error"]["type"] in _ENDINGS:
        return _ENDINGS[cell["error"]["type"]]
    if cell["error"]:
        steps = {"make": "cannot be made", "save": "save fails", "load": "load fails", "compare": "fails in use"}
        return steps[cell["step"]]
    if cell["bit_equal"]:
        return "equal"
    if cell.get("operation", "").startswith(UNBUILT) and cell["built"] is False:
        return "saved without weights"
    if cell["largest"] is not None and cell["largest"] <= tolerance:
        return "close"
    return "wrong, with a warning" if said else "silently wrong"


def _usual(cell: dict[str, Any], tolerance: float) -> list[str]:
    """Return what is said of functional, if nothing is wrong with it: it is no word on what another way does."""
    return cell["warnings"] if outcome(cell, [], tolerance) in RIGHT else []


def _seconds(name: str, seconds: list[float]) -> dict[str, float | None]:
    """Return the median, and as its interval at 95 % or more the fastest and the slowest, where they are enough."""
    enough = len(seconds) >= FEWEST_REPEATS
    return {
        f"{name}_seconds": median(seconds) if seconds else None,
        f"{name}_low": min(seconds) if enough else None,
        f"{name}_high": max(seconds) if enough else None,
    }


def _error(cell: dict[str, Any]) -> str | None:
    if cell.get("lacking"):
        return f"not installed here: {', '.join(cell['lacking'])}"
    return f"{cell['error']['type']}: {cell['error']['message']}" if cell["error"] else None
