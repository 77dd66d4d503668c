"""The outcome of saving and loading a model: the part that serialization and exchange share."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NotRequired, TypedDict, TypeVar

from twinproof.analysis.rows.common import StyleKey, Tried, ending, key_of, not_installed, said
from twinproof.analysis.words import RIGHT, Kept
from twinproof.base.styles import STYLES, Style
from twinproof.study.record import Record

# If there were no weights to save, different outputs are not a corruption.
UNBUILT = "saved unbuilt"
FAILED_AT = {
    "make": Kept.CANNOT_BE_MADE,
    "save": Kept.SAVE_FAILS,
    "load": Kept.LOAD_FAILS,
    "compare": Kept.FAILS_IN_USE,
}


class TriedKeeping(Tried):
    """The entry of an operation in a record, for every probe."""

    step: str | None
    built: bool | None
    bit_equal: bool | None
    largest: float | None
    mean: float | None
    lacking: NotRequired[list[str]]
    # Only in serialization.
    operation: NotRequired[str]


class Judged(TypedDict):
    """The columns with the outcome of an operation."""

    outcome: Kept
    built: bool | None
    bit_equal: bool | None
    largest: float | None
    mean: float | None
    error: str | None
    warnings: str | None


Cell = TypeVar("Cell", bound=TriedKeeping)


def judged_cells(record: Record, names: Callable[[Cell], tuple[str, str]]) -> Iterator[tuple[Cell, StyleKey, Judged]]:
    """Yield each operation of a record, the columns that name its style, and the columns with its outcome.

    `names` returns what identifies an operation.
    """
    judge = judge_of(record, names)
    cells = _cells(record)
    for style in sorted(cells, key=STYLES.index):
        for cell in cells[style]:
            yield cell, key_of(record, style), judge(cell)


def judge_of(record: Record, names: Callable[[Cell], tuple[str, str]]) -> Callable[[Cell], Judged]:
    """Return the function that judges the operations of a record; warnings that functional also gets do not count."""
    tolerance = record["protocol"]["probe"]["tolerance"]
    usual = {names(cell): _usual(cell, tolerance) for cell in _cells(record).get(Style.FUNCTIONAL, [])}

    def judge(cell: Cell) -> Judged:
        own = [text for text in cell["warnings"] if text not in usual.get(names(cell), [])]
        judged: Judged = {
            "outcome": outcome(cell, own, tolerance),
            "built": cell["built"],
            "bit_equal": cell["bit_equal"],
            "largest": cell["largest"],
            "mean": cell["mean"],
            **said(cell),
        }
        if cell.get("lacking"):
            judged["error"] = not_installed(cell["lacking"])
        return judged

    return judge


def _cells(record: Record) -> dict[str, list[Any]]:
    return {style: found["result"]["cells"] for style, found in record["styles"].items() if "result" in found}


def outcome(cell: TriedKeeping, own: Sequence[str], tolerance: float) -> Kept:
    """Return the outcome of one operation.

    `own` are its warnings that do not belong to the operation itself, `tolerance` the largest difference of outputs
    (of resumed training: weights) that counts as none. A loaded model that is another network, and therefore cannot be
    compared, is wrong.
    """
    if cell.get("lacking"):
        return Kept.NOT_AVAILABLE
    if ended := ending(cell["error"]):
        return Kept(ended)
    if cell["error"]:
        return FAILED_AT[str(cell["step"])]
    if cell["bit_equal"]:
        return Kept.EQUAL
    if cell.get("operation", "").startswith(UNBUILT) and cell["built"] is False:
        return Kept.WITHOUT_WEIGHTS
    if cell["largest"] is not None and cell["largest"] <= tolerance:
        return Kept.CLOSE
    return Kept.LOUD if own else Kept.SILENT


def _usual(cell: TriedKeeping, tolerance: float) -> list[str]:
    """Return functional's warnings if it works: they say nothing about another style."""
    return cell["warnings"] if outcome(cell, [], tolerance) in RIGHT else []
