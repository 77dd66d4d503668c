"""From the records of the timings to the rows of their tables."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from twinproof.analysis.sampling import CONTROLS, kind, log_ratios
from twinproof.analysis.timing import process_log_ratio, ratio_interval
from twinproof.analysis.timing_quality import by_cell
from twinproof.analysis.timing_verdicts import Comparison, is_memory, judge
from twinproof.record import Record

STYLES = ("sequential", "subclassed")


def unit(quantity: str) -> str:
    """Return the unit of a quantity."""
    return "bytes" if is_memory(quantity) else "seconds"


def timing_processes(record: Record) -> Iterator[dict[str, Any]]:
    """Yield a row for each style and quantity of one process, and one for each that a style could not do."""
    reference = _quantities(record, "functional")
    cell = {key: record[key] for key in ("environment", "twin", "replicate")}
    for style, found in record["styles"].items():
        errors = {None: found["error"]} if "error" in found else found["result"]["errors"]
        for quantity, error in errors.items():
            yield {**cell, "style": style, "quantity": quantity, "error": f"{error['type']}: {error['message']}"}
        for quantity, values in _quantities(record, style).items():
            paired = style != "functional" and quantity in reference
            yield {
                **cell,
                "style": style,
                "quantity": quantity,
                "rounds": str(len(values)),  # A count with gaps stays a whole number only as an object.
                "median": median(values),
                "log_ratio": process_log_ratio(values, reference[quantity]) if paired else None,
            }


def timing_rows(
    records: list[Record], gates: Mapping[tuple[str, str], str], sampling: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield a row for each comparison of a style with functional, all judged together, with the controls beside it.

    `gates` has the outcome of each twin's identity, by environment and twin.
    """
    rows, comparisons = [], []
    for (environment, twin), own in by_cell(records).items():
        ratios = log_ratios(own)
        for style, quantity in sorted(key for key in ratios if key[0] in STYLES):
            controls = {name: ratios.get((name, quantity), []) for name in CONTROLS}
            comparison = Comparison(
                environment=environment,
                twin=twin,
                style=style,
                quantity=quantity,
                log_ratios=ratios[style, quantity],
                control=controls["control"],
                slowed=controls["slowed"],
                added=own[0]["protocol"]["probe"]["added"],
                gate=gates[environment, twin],
                machines={_machine(record) for record in own},
                margin=sampling["margin"][kind(quantity)],
            )
            comparisons.append(comparison)
            rows.append(
                {
                    **{key: getattr(comparison, key) for key in ("environment", "twin", "style", "quantity")},
                    "unit": unit(quantity),
                    "functional": _median_of(own, quantity),
                    **{key: value for name in CONTROLS for key, value in _interval(name, controls[name]).items()},
                    "added": comparison.added,
                    "margin": comparison.margin,
                    "target": sampling["half_width"][kind(quantity)],
                }
            )
    for row, verdict in zip(rows, judge(comparisons), strict=True):
        yield row | {
            **verdict.ratio._asdict(),
            "family_low": verdict.family.low,
            "family_high": verdict.family.high,
            "p": verdict.p,
            "verdict": verdict.verdict,
            "further": None if verdict.further is None else str(verdict.further),
            "reason": verdict.reason or None,
            "answer": verdict.sentence,
        }


def _quantities(record: Record, style: str) -> dict[str, list[float]]:
    quantities: dict[str, list[float]] = record["styles"][style].get("result", {}).get("quantities", {})
    return quantities


def _median_of(records: list[Record], quantity: str) -> float:
    found = [_quantities(record, "functional").get(quantity) for record in records]
    return median(median(values) for values in found if values)


def _interval(name: str, values: list[float]) -> dict[str, float]:
    if not values:
        return {}
    found = ratio_interval(values)
    return {name: found.ratio, f"{name}_low": found.low, f"{name}_high": found.high}


def _machine(record: Record) -> str:
    """Name what has to be the same for times to be compared."""
    machine = record["machine"]
    place = "the image" if machine["image"] else "the venv"
    return f"{machine['host']} ({machine['processor']}, {machine['threads']} threads, {machine['device']}, {place})"
