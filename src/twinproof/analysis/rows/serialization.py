"""From the records of serialization and exchange to tables: what became of each style of a twin."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from twinproof.analysis.rows.common import ending, error_and_warnings
from twinproof.base.styles import STYLES
from twinproof.study.record import Record

# From the best to the worst. What is wrong without a word is worse than any error.
OUTCOMES = [
    "equal", "close", "not available", "save fails", "load fails", "fails in use", "cannot be made",
    "saved without weights", "crashed", "timed out", "wrong, with a warning", "silently wrong",
]  # fmt: skip
RIGHT = ("equal", "close")
# Neither right nor wrong: nothing was tried. What timed out was.
UNKNOWN = "not available"
# Where there were no weights to save, other outputs are no corruption.
UNBUILT = "saved unbuilt"
# With fewer, the smallest and the largest do not enclose the median with 95 % confidence.
FEWEST_REPEATS = 6


def serialization_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each operation on each style, with its outcome."""
    for cell, row in _judged(record, ("operation", "place")):
        yield row | {
            "optimizer": cell["optimizer"],
            # A count with gaps stays a whole number only as an object.
            "bytes": None if cell["bytes"] is None else str(cell["bytes"]),
            **_seconds("save", cell["save_seconds"]),
            **_seconds("load", cell["load_seconds"]),
        }


def exchange_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each model that this environment was to read, with its outcome."""
    for _, row in _judged(record, ("format", "writer")):
        yield row


def _judged(record: Record, key: tuple[str, str]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each cell of a record, told apart by `key`, and the columns that all tables of such cells share."""
    tolerance = record["protocol"]["probe"]["tolerance"]
    cells = {style: found["result"]["cells"] for style, found in record["styles"].items() if "result" in found}
    usual = {_names(cell, key): _usual(cell, tolerance) for cell in cells.get("functional", [])}
    for style in sorted(cells, key=STYLES.index):
        for cell in cells[style]:
            said = [text for text in cell["warnings"] if text not in usual.get(_names(cell, key), [])]
            yield (
                cell,
                {
                    **{name: record[name] for name in ("environment", "twin", "replicate")},
                    "style": style,
                    **{name: cell[name] for name in (*key, "built", "bit_equal", "largest", "mean")},
                    "outcome": outcome(cell, said, tolerance),
                    **error_and_warnings(cell),
                    **_lacking(cell),
                },
            )


def _names(cell: dict[str, Any], key: tuple[str, str]) -> tuple[str, ...]:
    return tuple(cell[name] for name in key)


def outcome(cell: dict[str, Any], said: list[str], tolerance: float) -> str:
    """Return what became of one operation, one of `OUTCOMES`.

    `said` are its warnings that do not belong to the operation itself, `tolerance` the largest difference of outputs
    (of resumed training: weights) that counts as none. What was loaded but is another network, so that it cannot be
    compared, is wrong.
    """
    if cell.get("lacking"):
        return "not available"
    if ended := ending(cell):
        return ended
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
    """Return what is said of functional, if nothing is wrong with it: it is no word on what another style does."""
    return cell["warnings"] if outcome(cell, [], tolerance) in RIGHT else []


def _seconds(name: str, seconds: list[float]) -> dict[str, float | None]:
    """Return the median, and as its interval at 95 % or more the fastest and the slowest, where they are enough."""
    enough = len(seconds) >= FEWEST_REPEATS
    return {
        f"{name}_seconds": median(seconds) if seconds else None,
        f"{name}_low": min(seconds) if enough else None,
        f"{name}_high": max(seconds) if enough else None,
    }


def _lacking(cell: dict[str, Any]) -> dict[str, str]:
    lacking = cell.get("lacking")
    return {"error": f"not installed here: {', '.join(lacking)}"} if lacking else {}
