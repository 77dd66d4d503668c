"""The quality of the measurement: one row per twin, with the median and the worst of its processes."""

import math
from typing import Any

import pytest

from twinproof.analysis.rows.timing_quality import QualityRow, quality_rows

CELL = ["tf2.21-cpu", "simple"]


def process(
    number: int = 0,
    *,
    load: float = 0.0,
    stolen: tuple[float, float] = (0.0, 0.0),
    megahertz: tuple[float | None, float | None] = (None, None),
    pinned: list[int] | None = None,
    cost: float = 5e-8,
    others: float = 0.0,
    refused: list[float] | None = None,
    warming: dict[str, tuple[list[int], list[bool]]] | None = None,
    twin: str = "simple",
) -> dict[str, Any]:
    """The record of the measurement quality of one process, of 50 to 60 s on two cores."""
    conditions = [{"load": load + after, "stolen": stolen[after], "megahertz": megahertz[after]} for after in (0, 1)]
    told = {name: {"rounds": rounds, "settled": settled} for name, (rounds, settled) in (warming or {}).items()}
    return {
        "environment": CELL[0],
        "twin": twin,
        "seconds": 50.0 + number,
        "conditions": dict(zip(("before", "after"), conditions, strict=True)),
        "machine": {"cores": 2, "pinned": pinned},
        "measurement": {
            "clock": {"resolution": 1e-9, "cost": cost},
            "warming": told,
            "others": others,
            "refused": refused or [],
        },
    }


def row(records: list[dict[str, Any]]) -> QualityRow:
    (found,) = quality_rows(records)
    return found


def test_each_environment_and_twin_has_a_row() -> None:
    records = [process(number, twin=twin) for twin in ("simple", "dynamic") for number in range(3 + (twin == "simple"))]
    assert [(found.twin, found.processes, found.seconds) for found in quality_rows(records)] == [
        ("simple", 4, 51.5),
        ("dynamic", 3, 51.0),
    ]
    assert list(quality_rows([])) == []


def test_load_is_reported_as_median_and_maximum_before_and_after() -> None:
    found = row([process(load=load) for load in (0.1, 0.2, 3.0)])
    assert (found.load_before, found.load_before_most) == (0.2, 3.0)
    assert (found.load_after, found.load_after_most) == (1.2, 4.0)


def test_stolen_time_is_a_share_of_the_core_time_of_the_process_and_never_negative() -> None:
    found = row([process(stolen=ends) for ends in ((10.0, 10.0), (10.0, 15.0), (10.0, 30.0), (99.0, 1.0))])
    assert found.stolen_share == pytest.approx(0.05 / 2)
    assert found.stolen_share_most == pytest.approx(0.2)
    on_one_core = row([process(stolen=(10.0, 15.0), pinned=[1])])
    assert on_one_core.stolen_share == pytest.approx(0.1)


def test_what_others_took_is_reported_with_the_refused_tries() -> None:
    found = row([process(others=0.01), process(others=0.02, refused=[0.3, 0.4]), process(others=0.5, refused=[0.2])])
    assert (found.others_share, found.others_share_most, found.tries_refused) == (0.02, 0.5, 3)


def test_frequency_is_reported_from_lowest_to_highest_if_the_machine_knows_it() -> None:
    found = row([process(megahertz=(2400.0, 3100.0)), process(megahertz=(None, 2200.0))])
    assert (found.megahertz_lowest, found.megahertz_highest) == (2200.0, 3100.0)
    silent = row([process()])
    assert (silent.megahertz_lowest, silent.megahertz_highest) == (None, None)


@pytest.mark.parametrize(
    ("pinned", "told"),
    [([[1], [1]], "1"), ([[0, 1]], "0 1"), ([[0], [1], [0]], "0, 1"), ([[1], None], "1, none"), ([None, None], None)],
)
def test_cores_are_reported_as_they_were_used(pinned: list[list[int] | None], told: str | None) -> None:
    assert row([process(pinned=cores) for cores in pinned]).pinned == told


def test_the_clock_is_reported_at_its_worst() -> None:
    found = row([process(cost=cost) for cost in (5e-8, 9e-8, 6e-8)])
    assert (found.clock_cost, found.clock_resolution) == (9e-8, 1e-9)


def test_warm_ups_are_counted_over_processes_generations_and_quantities() -> None:
    first = {"train_step": ([2, 3], [True, True]), "call": ([8, 8], [False, False])}
    second = {"train_step": ([2, 2], [True, True]), "call": ([8, 4], [False, True])}
    found = row([process(warming=first), process(warming=second)])
    assert (found.warmings, found.unsettled) == (8, 3)
    assert (found.warming_rounds, found.warming_rounds_most) == (3.5, 8)


def test_where_nothing_is_warmed_up_nothing_is_unsettled() -> None:
    found = row([process()])
    assert (found.warmings, found.unsettled) == (0, 0)
    assert found.warming_rounds is found.warming_rounds_most is None
    assert not any(isinstance(value, float) and math.isnan(value) for value in vars(found).values())
