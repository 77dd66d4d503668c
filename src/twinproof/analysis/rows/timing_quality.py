"""From the records of the timings to the table that tells how the measuring itself went."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from twinproof.analysis.rows.conditions import pinned, stolen
from twinproof.study.record import Record


def quality_rows(records: list[Record]) -> Iterator[dict[str, Any]]:
    """Yield a row for each environment and twin that was timed."""
    for (environment, twin), own in by_cell(records).items():
        yield {"environment": environment, "twin": twin, "processes": len(own), **_machine(own), **_measuring(own)}


def by_cell(records: list[Record]) -> dict[tuple[str, str], list[Record]]:
    """Return the records of each environment and twin, in their order."""
    cells: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        cells.setdefault((record["environment"], record["twin"]), []).append(record)
    return cells


def _machine(records: list[Record]) -> dict[str, Any]:
    """Tell what the machine was like while it measured."""
    row: dict[str, Any] = {"seconds": median(record["seconds"] for record in records)}
    for when in ("before", "after"):
        loads = [record["conditions"][when]["load"] for record in records]
        row |= {f"load_{when}": median(loads), f"load_{when}_most": max(loads)}
    shares = [stolen(record) / (record["seconds"] * _cores(record)) for record in records]
    conditions = [record["conditions"][when] for record in records for when in ("before", "after")]
    frequencies = [found["megahertz"] for found in conditions if found["megahertz"] is not None]
    cores = list(dict.fromkeys(pinned(record) for record in records))
    return row | {
        "stolen_share": median(shares),
        "stolen_share_most": max(shares),
        "megahertz_lowest": min(frequencies, default=None),
        "megahertz_highest": max(frequencies, default=None),
        "pinned": ", ".join(place or "none" for place in cores) if any(cores) else None,
    }


def _cores(record: Record) -> int:
    machine = record["machine"]
    return len(machine["pinned"]) if machine["pinned"] else int(machine["cores"])


def _measuring(records: list[Record]) -> dict[str, Any]:
    """Tell of the clock, and of the rounds that came before those that were kept."""
    clocks = [record["measurement"]["clock"] for record in records]
    warmings = [warming for record in records for warming in record["measurement"]["warming"].values()]
    rounds = [count for warming in warmings for count in warming["rounds"]]
    settled = [told for warming in warmings for told in warming["settled"]]
    return {
        "clock_resolution": max(clock["resolution"] for clock in clocks),
        "clock_cost": max(clock["cost"] for clock in clocks),
        "warming_rounds": median(rounds) if rounds else None,
        "warming_rounds_most": str(max(rounds)) if rounds else None,
        "warmings": len(settled),
        "unsettled": settled.count(False),
    }
