"""The rows of the timings: one for each process, style and quantity."""

from collections.abc import Iterable, Iterator, Mapping
from statistics import median
from typing import Any

from twinproof.analysis.rows.common import cell_of
from twinproof.analysis.statistics.ratios import process_log_ratio
from twinproof.study.record import Record


def timing_processes(record: Record) -> Iterator[dict[str, Any]]:
    """Yield a row for each style and quantity of one process, and one for each that a style could not do."""
    quantities = {style: found.get("result", {}).get("quantities", {}) for style, found in record["styles"].items()}
    reference = quantities["functional"]
    for style, found in record["styles"].items():
        shared = cell_of(record) | {"style": style}
        errors = {None: found["error"]} if "error" in found else found["result"]["errors"]
        for quantity, error in errors.items():
            yield {**shared, "quantity": quantity, "error": f"{error['type']}: {error['message']}"}
        for quantity, values in quantities[style].items():
            paired = style != "functional" and quantity in reference
            yield {
                **shared,
                "quantity": quantity,
                "rounds": str(len(values)),  # A count with gaps stays a whole number only as an object.
                "median": median(values),
                "log_ratio": process_log_ratio(values, reference[quantity]) if paired else None,
            }


def log_ratios(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[float]]:
    """Return for each style and quantity of such rows of one twin the log-ratio to functional of each process."""
    found: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        ratio = row.get("log_ratio")
        if ratio is not None and ratio == ratio:  # NaN is where a table has nothing.
            found.setdefault((row["style"], row["quantity"]), []).append(ratio)
    return found
