"""The rows of serialization: the outcome of saving, copying or loading each style of a twin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from twinproof.analysis.rows.common import CellRow, RecordTables, StyleRow
from twinproof.analysis.rows.keeping import TriedKeeping, judge_of, judged_cells
from twinproof.analysis.words import Kept
from twinproof.base.styles import INGREDIENTS, Style
from twinproof.study.record import Record

# With fewer, the smallest and the largest do not enclose the median with 95 % confidence.
FEWEST_REPEATS = 6


@dataclass(frozen=True, kw_only=True)
class SerializationRow(StyleRow):
    """The outcome of an operation on a style, and the seconds that saving and loading took."""

    operation: str
    place: str
    outcome: Kept
    built: bool | None
    bit_equal: bool | None
    largest: float | None
    mean: float | None
    optimizer: str | None
    bytes: int | None
    save_seconds: float | None
    save_low: float | None
    save_high: float | None
    load_seconds: float | None
    load_low: float | None
    load_high: float | None
    error: str | None
    warnings: str | None


@dataclass(frozen=True, kw_only=True)
class IngredientRow(CellRow):
    """The outcome of an operation on the class with some of the four ingredients of care."""

    replicate: int
    kwargs: bool
    register: bool
    get_config: bool
    build: bool
    operation: str
    place: str
    outcome: Kept
    error: str | None
    warnings: str | None


class TriedOperation(TriedKeeping):
    """The entry of an operation in a record of serialization."""

    place: str
    optimizer: str | None
    bytes: int | None
    save_seconds: list[float]
    load_seconds: list[float]


class Seconds(NamedTuple):
    """The median, and the fastest and the slowest as its interval at 95 % or more, if there are enough repeats."""

    median: float | None
    low: float | None
    high: float | None


def serialization_rows(record: Record) -> Iterator[SerializationRow]:
    """Yield one row for each operation on each style, with its outcome."""
    for cell, key, judged in judged_cells(record, _names):
        save, load = _seconds(cell["save_seconds"]), _seconds(cell["load_seconds"])
        yield SerializationRow(
            **key,
            **judged,
            operation=cell["operation"],
            place=cell["place"],
            optimizer=cell["optimizer"],
            bytes=cell["bytes"],
            save_seconds=save.median,
            save_low=save.low,
            save_high=save.high,
            load_seconds=load.median,
            load_low=load.low,
            load_high=load.high,
        )


def ingredient_rows(record: Record) -> Iterator[IngredientRow]:
    """Yield one row for each operation on the class with each set of ingredients; most twins have none of these."""
    judge = judge_of(record, _names)
    for written in record["styles"].get(Style.SUBCLASSED, {}).get("result", {}).get("ingredients", []):
        for cell in written["cells"]:
            judged = judge(cell)
            yield IngredientRow(
                environment=record["environment"],
                twin=record["twin"],
                replicate=record["replicate"],
                **{name: name in written["with"] for name in INGREDIENTS},
                operation=cell["operation"],
                place=cell["place"],
                outcome=judged["outcome"],
                error=judged["error"],
                warnings=judged["warnings"],
            )


def _names(cell: TriedOperation) -> tuple[str, str]:
    return cell["operation"], cell["place"]


def _seconds(seconds: Sequence[float]) -> Seconds:
    if len(seconds) < FEWEST_REPEATS:
        return Seconds(median(seconds) if seconds else None, None, None)
    return Seconds(median(seconds), min(seconds), max(seconds))


TABLES: RecordTables = {
    "serialization": (SerializationRow, serialization_rows),
    "ingredients": (IngredientRow, ingredient_rows),
}
