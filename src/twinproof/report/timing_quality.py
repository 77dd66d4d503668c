"""The quality of the timing measurements, in words."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from twinproof.analysis.verdicts.timing import is_found
from twinproof.base import numbers
from twinproof.study.settings import kind


def quality(timing: pd.DataFrame, measuring: pd.DataFrame) -> dict[str, str]:
    """Describe the measurement quality of one environment: interval widths, controls, machine, clock.

    Parameters
    ----------
    timing, measuring
        The tables timing and timing_quality of the environment, or their rows of one twin.
    """
    facts = {
        "Processes": f"{_range(measuring['processes'], '{:.0f}'.format)} of each twin, "
        f"of {_range(measuring['seconds'], _seconds)} each (median)"
    }
    for quantity_kind in ("steady", "rough"):
        rows = timing[timing["quantity"].map(kind) == quantity_kind]
        if widest := _widest(rows, "low", "high"):
            facts[f"Widest {quantity_kind} interval"] = f"{widest} at 95 % confidence; {_corrected_intervals(rows)}"
    if unbounded := len(timing) - len(_bounded(timing, "low", "high")):
        facts["Without interval"] = f"{unbounded} of {len(timing)} ratios: too few processes"
    return facts | _controls(timing) | _machine(measuring) | _clock(timing, measuring) | _outliers(timing)


def _corrected_intervals(rows: pd.DataFrame) -> str:
    """Describe the corrected intervals, which decide the verdicts."""
    margin = f"a margin of {numbers.percent(rows['margin'].iloc[0])}"
    unbounded = len(rows) - len(_bounded(rows, "family_low", "family_high"))
    short = f"{unbounded} of {len(rows)} ratios have too few processes for that"
    widest = _widest(rows, "family_low", "family_high")
    at = "at the confidence corrected for all comparisons and looks of the study"
    if widest is None:
        return f"{at}, {short}"
    rest = f"; {short}" if unbounded else ""
    return f"{widest} {at}, compared with {margin}{rest}"


def _controls(timing: pd.DataFrame) -> dict[str, str]:
    rows = timing.drop_duplicates(["twin", "quantity"])
    again, slowed = rows.dropna(subset="control"), rows.dropna(subset="slowed")
    excluding_one = ((again["control_low"] > 1) | (again["control_high"] < 1)).sum()
    detected = [
        is_found(*told)
        for told in slowed[["slowed_low", "slowed_high", "added", "margin"]].itertuples(index=False, name=None)
    ]
    added = _range(slowed["added"], numbers.percent)
    return {
        "Functional again": f"{excluding_one} of {len(again)} intervals exclude 1; by chance, 1 in 20 does",
        "Functional, slowed": f"a known operation of {added} was found in {sum(detected)} of {len(slowed)} quantities",
    }


def _machine(measuring: pd.DataFrame) -> dict[str, str]:
    load = ", ".join(
        f"{_range(measuring[f'load_{when}'], '{:.1f}'.format)} {when} a process "
        f"(at most {measuring[f'load_{when}_most'].max():.1f})"
        for when in ("before", "after")
    )
    stolen = f"{_range(measuring['stolen_share'], numbers.percent)} (at most "
    stolen += f"{numbers.percent(measuring['stolen_share_most'].max())}) of the processor time was taken by the host"
    tries = int(measuring["tries_refused"].sum()) + int(measuring["processes"].sum())
    others = f"{_range(measuring['others_share'], numbers.percent)} (at most "
    others += f"{numbers.percent(measuring['others_share_most'].max())}) of the time of its cores; "
    others += f"{int(measuring['tries_refused'].sum())} of {tries} tries were discarded for that reason"
    frequencies = pd.concat([measuring["megahertz_lowest"], measuring["megahertz_highest"]]).dropna()
    return {
        "Load": load,
        "Stolen time": stolen,
        "Taken by others from a process": others,
        "Frequency": f"{_range(frequencies, '{:,.0f}'.format)} MHz" if len(frequencies) else "not reported",
        "Pinned": _pinned(measuring["pinned"]),
    }


def _pinned(texts: "pd.Series[Any]") -> str:
    places = list(
        dict.fromkeys(place for text in texts.astype(object).fillna("none") for place in str(text).split(", "))
    )
    if places == ["none"]:
        return "no: a process could move between cores"
    if len(places) > 1:
        return f"differently: to {', or to '.join(places)}"
    cores = places[0].split()
    return f"to {'core' if len(cores) == 1 else 'cores'} {' and '.join(cores)}"


def _clock(timing: pd.DataFrame, measuring: pd.DataFrame) -> dict[str, str]:
    clock = f"reading it takes {_seconds(measuring['clock_cost'].max())}, and its resolution is "
    clock += _seconds(measuring["clock_resolution"].max())
    times = timing[timing["unit"] == "seconds"]
    if len(times):
        shortest = times.iloc[times["functional"].argmin()]
        clock += f"; the shortest time is {_seconds(shortest['functional'])}, {shortest['quantity']} of "
        clock += str(shortest["twin"])
    total, unsettled = int(measuring["warmings"].sum()), int(measuring["unsettled"].sum())
    warming = "no measured quantity needs it"
    if total:
        warming = f"{total - unsettled:,} of {total:,} settled within {measuring['warming_rounds_most'].max():.0f} "
        warming += f"rounds (median {_range(measuring['warming_rounds'], '{:g}'.format)})"
    return {"Clock": clock, "Warm-up": warming}


def _outliers(timing: pd.DataFrame) -> dict[str, str]:
    outliers, ratios = timing["outliers"].astype(int).sum(), timing["processes"].astype(int).sum()
    return {"Outliers": f"{outliers} of {ratios:,} ratios; all of them are included"}


def _bounded(timing: pd.DataFrame, low: str, high: str) -> pd.DataFrame:
    return timing[[numbers.is_finite(*ends) for ends in zip(timing[low], timing[high], strict=True)]]


def _widest(timing: pd.DataFrame, low: str, high: str) -> str | None:
    """Return the half-width of the widest finite interval, with its quantity, twin and style."""
    bounded = _bounded(timing, low, high)
    if bounded.empty:
        return None
    row = bounded.iloc[(bounded[high] / bounded[low]).argmax()]
    return f"{numbers.half_width(row[low], row[high])} ({row['quantity']} of {row['twin']}, {row['style']})"


def _range(values: "pd.Series[Any]", format_value: Callable[[float], str]) -> str:
    """Return the smallest and the largest value, or only one if they look the same."""
    present = values.dropna()
    return " to ".join(dict.fromkeys([format_value(float(present.min())), format_value(float(present.max()))]))


def _seconds(value: float) -> str:
    return numbers.amount(value, "seconds")
