"""The rows of the timings: one for each process, style and quantity."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from twinproof.analysis.rows.common import RecordTables, StyleRow, key_of, told
from twinproof.analysis.statistics.ratios import process_log_ratio
from twinproof.base.styles import SLOWED, Style
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class TimingProcessRow(StyleRow):
    """What one process measured of a style in one quantity, or why it could not; no quantity means in none.

    `added` is what the positive control added, measured on its own, as a share of functional's median. `others` is the
    share of its cores' time that others took from the process.
    """

    quantity: str | None
    rounds: int | None = None
    median: float | None = None
    log_ratio: float | None = None
    added: float | None = None
    others: float | None = None
    error: str | None = None


def timing_processes(record: Record) -> Iterator[TimingProcessRow]:
    """Yield a row for each style and quantity of one process, and one for each that a style could not do."""
    quantities = {style: found.get("result", {}).get("quantities", {}) for style, found in record["styles"].items()}
    reference, known = quantities[Style.FUNCTIONAL], record["measurement"]["known"]
    for style, found in record["styles"].items():
        key = key_of(record, style)
        errors = {None: found["error"]} if "error" in found else found["result"]["errors"]
        for quantity, error in errors.items():
            yield TimingProcessRow(**key, quantity=quantity, error=told(error))
        for quantity, values in quantities[style].items():
            paired = style != Style.FUNCTIONAL and quantity in reference
            yield TimingProcessRow(
                **key,
                quantity=quantity,
                rounds=len(values),
                median=median(values),
                log_ratio=process_log_ratio(values, reference[quantity]) if paired else None,
                added=median(known[quantity]) / median(reference[quantity])
                if style == SLOWED and paired and quantity in known
                else None,
                others=record["measurement"]["others"],
            )


def log_ratios(found: Iterable[tuple[str | None, str | None, float | None]]) -> dict[tuple[str, str], list[float]]:
    """Return for each style and quantity of one twin the log-ratio to functional of each process.

    `found` are style, quantity and log-ratio of each row of the table timing_processes.
    """
    ratios: dict[tuple[str, str], list[float]] = {}
    for style, quantity, ratio in found:
        if ratio is not None and ratio == ratio:  # An empty cell of a table is NaN.
            ratios.setdefault((str(style), str(quantity)), []).append(ratio)
    return ratios


def known_costs(found: Iterable[tuple[str | None, float | None]]) -> dict[str, float]:
    """Return for each quantity of one twin what the positive control added: the median of its processes.

    `found` are quantity and added share of each row of the table timing_processes.
    """
    shares: dict[str, list[float]] = {}
    for quantity, share in found:
        if share is not None and share == share:
            shares.setdefault(str(quantity), []).append(share)
    return {quantity: median(own) for quantity, own in shares.items()}


TABLES: RecordTables = {"timing_processes": (TimingProcessRow, timing_processes)}
