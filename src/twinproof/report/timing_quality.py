"""How good the measurement of the timings is, in words."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from twinproof.analysis.quantities import kind
from twinproof.analysis.verdicts.timing import is_found
from twinproof.base import numbers


def quality(timing: pd.DataFrame, measuring: pd.DataFrame) -> dict[str, str]:
    """Tell how good the measurement of one environment is: widths and their targets, controls, machine, clock.

    Parameters
    ----------
    timing, measuring
        The tables timing and timing_quality of the environment, or their rows of one twin.
    """
    told = {
        "Processes": f"{_range(measuring['processes'], '{:.0f}'.format)} of each twin, "
        f"of {_range(measuring['seconds'], _seconds)} each (median)"
    }
    for what in ("steady", "rough"):
        rows = timing[timing["quantity"].map(kind) == what]
        if widest := _widest(rows, "low", "high"):
            told[f"Widest {what} interval"] = f"{widest} at 95 % confidence; {_corrected(rows)}"
    if endless := len(timing) - len(_ended(timing, "low", "high")):
        told["Without interval"] = f"{endless} of {len(timing)} ratios: too few processes"
    return told | _controls(timing) | _machine(measuring) | _clock(timing, measuring) | _outliers(timing)


def _corrected(rows: pd.DataFrame) -> str:
    """Tell of the intervals whose width sampling judges."""
    aim = f"\N{PLUS-MINUS SIGN}{numbers.percent(rows['target'].iloc[0])} is aimed at"
    endless = len(rows) - len(_ended(rows, "family_low", "family_high"))
    short = f"{endless} of {len(rows)} ratios have too few processes for that"
    widest = _widest(rows, "family_low", "family_high")
    if widest is None:
        return f"at the confidence corrected for all comparisons of the study, {aim}, but {short}"
    rest = f", and {short}" if endless else ""
    return f"{widest} at the confidence corrected for all comparisons of the study, at which {aim}{rest}"


def _controls(timing: pd.DataFrame) -> dict[str, str]:
    rows = timing.drop_duplicates(["twin", "quantity"])
    again, slowed = rows.dropna(subset="control"), rows.dropna(subset="slowed")
    leave = ((again["control_low"] > 1) | (again["control_high"] < 1)).sum()
    found = [is_found(*ends) for ends in zip(slowed["slowed_low"], slowed["slowed_high"], slowed["added"], strict=True)]
    added = " or ".join(numbers.percent(share) for share in rows["added"].unique())
    return {
        "Functional again": f"{leave} of {len(again)} intervals leave 1 out; by chance, 1 in 20 does",
        "Functional, slowed": f"the added {added} were found in {sum(found)} of {len(slowed)} quantities",
    }


def _machine(measuring: pd.DataFrame) -> dict[str, str]:
    load = ", ".join(
        f"{_range(measuring[f'load_{when}'], '{:.1f}'.format)} {when} a process "
        f"(at most {measuring[f'load_{when}_most'].max():.1f})"
        for when in ("before", "after")
    )
    stolen = f"{_range(measuring['stolen_share'], numbers.percent)} (at most "
    stolen += f"{numbers.percent(measuring['stolen_share_most'].max())}) of the processor time was taken by the host"
    frequencies = pd.concat([measuring["megahertz_lowest"], measuring["megahertz_highest"]]).dropna()
    return {
        "Load": load,
        "Stolen time": stolen,
        "Frequency": f"{_range(frequencies, '{:,.0f}'.format)} MHz" if len(frequencies) else "not told by the machine",
        "Pinned": _pinned(measuring["pinned"]),
    }


def _pinned(texts: "pd.Series[Any]") -> str:
    places = list(
        dict.fromkeys(place for text in texts.astype(object).fillna("none") for place in str(text).split(", "))
    )
    if places == ["none"]:
        return "no: a process could wander between cores"
    if len(places) > 1:
        return f"not all alike: to {', or to '.join(places)}"
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
    every, unsettled = int(measuring["warmings"].sum()), int(measuring["unsettled"].sum())
    warming = "nothing that is measured needs one"
    if every:
        warming = f"{every - unsettled:,} of {every:,} settled within {measuring['warming_rounds_most'].max():.0f} "
        warming += f"rounds (median {_range(measuring['warming_rounds'], '{:g}'.format)})"
    return {"Clock": clock, "Warm-up": warming}


def _outliers(timing: pd.DataFrame) -> dict[str, str]:
    outliers, every = timing["outliers"].astype(int).sum(), timing["processes"].astype(int).sum()
    return {"Outliers": f"{outliers} of {every:,} ratios, and none was left out"}


def _ended(timing: pd.DataFrame, low: str, high: str) -> pd.DataFrame:
    return timing[[numbers.is_finite(*ends) for ends in zip(timing[low], timing[high], strict=True)]]


def _widest(timing: pd.DataFrame, low: str, high: str) -> str | None:
    """Return the half-width of the widest interval that has ends, and whose it is."""
    ended = _ended(timing, low, high)
    if ended.empty:
        return None
    row = ended.iloc[(ended[high] / ended[low]).argmax()]
    return f"{numbers.half_width(row[low], row[high])} ({row['quantity']} of {row['twin']}, {row['style']})"


def _range(values: "pd.Series[Any]", say: Callable[[float], str]) -> str:
    """Return the smallest and the largest, or one where they read alike."""
    told = values.dropna()
    return " to ".join(dict.fromkeys([say(float(told.min())), say(float(told.max()))]))


def _seconds(value: float) -> str:
    return numbers.amount(value, "seconds")
