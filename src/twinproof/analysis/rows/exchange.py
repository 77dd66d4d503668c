"""The rows of exchange: the outcome of each model that one environment wrote and another read."""

from collections.abc import Iterator
from dataclasses import dataclass

from twinproof.analysis.rows.common import RecordTables, StyleRow
from twinproof.analysis.rows.keeping import TriedKeeping, judged_cells
from twinproof.analysis.words import Kept
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class ExchangeRow(StyleRow):
    """The outcome of a model that the environment `writer` wrote."""

    format: str
    writer: str
    outcome: Kept
    built: bool | None
    bit_equal: bool | None
    largest: float | None
    mean: float | None
    error: str | None
    warnings: str | None


class TriedExchange(TriedKeeping):
    """The entry of a model in a record of exchange."""

    format: str
    writer: str


def exchange_rows(record: Record) -> Iterator[ExchangeRow]:
    """Yield one row for each model that this environment had to read, with its outcome."""
    for cell, key, judged in judged_cells(record, _names):
        yield ExchangeRow(**key, **judged, format=cell["format"], writer=cell["writer"])


def _names(cell: TriedExchange) -> tuple[str, str]:
    return cell["format"], cell["writer"]


TABLES: RecordTables = {"exchange": (ExchangeRow, exchange_rows)}
