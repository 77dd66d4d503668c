"""From the records of the timings to the table about the quality of the measurement."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from twinproof.analysis.rows.common import CellRow
from twinproof.analysis.rows.conditions import pinned, stolen
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class QualityRow(CellRow):
    """The state of the machine and the clock while a twin was timed, and its warm-up rounds."""

    processes: int
    seconds: float
    clock_resolution: float
    clock_cost: float
    load_before: float
    load_before_most: float
    load_after: float
    load_after_most: float
    stolen_share: float
    stolen_share_most: float
    others_share: float
    others_share_most: float
    tries_refused: int
    megahertz_lowest: float | None
    megahertz_highest: float | None
    pinned: str | None
    warming_rounds: float | None
    warming_rounds_most: int | None
    warmings: int
    unsettled: int


def quality_rows(records: list[Record]) -> Iterator[QualityRow]:
    """Yield a row for each environment and twin that was timed."""
    for (environment, twin), own in by_cell(records).items():
        yield _quality(environment, twin, own)


def by_cell(records: list[Record]) -> dict[tuple[str, str], list[Record]]:
    """Return the records of each environment and twin, in their order."""
    cells: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        cells.setdefault((record["environment"], record["twin"]), []).append(record)
    return cells


def _quality(environment: str, twin: str, records: list[Record]) -> QualityRow:
    before, after = ([record["conditions"][when]["load"] for record in records] for when in ("before", "after"))
    shares = [stolen(record) / (record["seconds"] * _cores(record)) for record in records]
    others = [record["measurement"]["others"] for record in records]
    conditions = [record["conditions"][when] for record in records for when in ("before", "after")]
    frequencies = [found["megahertz"] for found in conditions if found["megahertz"] is not None]
    cores = list(dict.fromkeys(pinned(record) for record in records))
    clocks = [record["measurement"]["clock"] for record in records]
    warmings = [warming for record in records for warming in record["measurement"]["warming"].values()]
    rounds = [count for warming in warmings for count in warming["rounds"]]
    settled = [told for warming in warmings for told in warming["settled"]]
    return QualityRow(
        environment=environment,
        twin=twin,
        processes=len(records),
        seconds=median(record["seconds"] for record in records),
        clock_resolution=max(clock["resolution"] for clock in clocks),
        clock_cost=max(clock["cost"] for clock in clocks),
        load_before=median(before),
        load_before_most=max(before),
        load_after=median(after),
        load_after_most=max(after),
        stolen_share=median(shares),
        stolen_share_most=max(shares),
        others_share=median(others),
        others_share_most=max(others),
        tries_refused=sum(len(record["measurement"]["refused"]) for record in records),
        megahertz_lowest=min(frequencies, default=None),
        megahertz_highest=max(frequencies, default=None),
        pinned=", ".join(place or "none" for place in cores) if any(cores) else None,
        warming_rounds=median(rounds) if rounds else None,
        warming_rounds_most=max(rounds, default=None),
        warmings=len(settled),
        unsettled=settled.count(False),
    )


def _cores(record: Record) -> int:
    machine = record["machine"]
    return len(machine["pinned"]) if machine["pinned"] else int(machine["cores"])
