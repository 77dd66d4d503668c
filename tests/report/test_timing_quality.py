"""The quality of the measurement, in words: it agrees with the tables timing and timing_quality."""

import math
from pathlib import Path

import pandas as pd

from twinproof.analysis.columns import read_table
from twinproof.base import numbers as figures
from twinproof.report.timing_quality import quality

from .test_page import make
from .test_timing import section


def test_quality_shows_the_widest_interval_at_both_confidences(timed_results: Path, timing: pd.DataFrame) -> None:
    text = section(make(timed_results), "timing-quality")

    def widest(low: str, high: str, quantities: list[str]) -> str:
        rows = timing[timing["quantity"].isin(quantities)]
        row = rows.iloc[(rows[high] / rows[low]).argmax()]
        share = round(100 * (math.sqrt(row[high] / row[low]) - 1), 1)
        return f"\N{PLUS-MINUS SIGN}{share:g} % ({row['quantity']} of {row['twin']}, {row['style']})"

    steady, rough = ["train_step", "predict"], ["call", "save", "make", "peak_memory"]
    for what, quantities, margin in (("steady", steady, "3 %"), ("rough", rough, "7.5 %")):
        assert (
            f"Widest {what} interval {widest('low', 'high', quantities)} at 95 % confidence; "
            f"{widest('family_low', 'family_high', quantities)} at the confidence corrected for all comparisons and "
            f"looks of the study, compared with a margin of {margin} "
        ) in text


def test_quality_shows_controls_machine_clock_and_warm_up(timed_results: Path, timing: pd.DataFrame) -> None:
    text = section(make(timed_results), "timing-quality")
    own = timing.drop_duplicates(["twin", "quantity"])
    leave = ((own["control_low"] > 1) | (own["control_high"] < 1)).sum()
    assert leave >= 2  # of make, in both twins
    shortest = timing.loc[timing["quantity"] == "call"].sort_values("functional").iloc[0]
    for said in (
        "Processes 16 of each twin, of 41.5 s each (median)",
        f"Functional again {leave} of 12 intervals exclude 1; by chance, 1 in 20 does",
        "Functional, slowed a known operation of 10 % was found in 12 of 12 quantities",
        "Load 0.5 before a process (at most 0.5), 1.2 after a process (at most 1.2)",
        "Stolen time 8 % (at most 8 %) of the processor time was taken by the host",
        "Taken by others from a process 2 % (at most 2 %) of the time of its cores; "
        "0 of 32 tries were discarded for that reason",
        "Frequency 2,400 to 3,115 MHz",
        "Pinned to core 7",
        "Clock reading it takes 80.0 ns, and its resolution is 1.00 ns; the shortest time is "
        f"{figures.amount(shortest['functional'], 'seconds')}, call of {shortest['twin']}",
        "Warm-up 255 of 256 settled within 8 rounds (median 2.5 to 3)",
        f"Outliers {timing['outliers'].sum()} of 288 ratios; all of them are included",
    ):
        assert said in text


def test_quality_says_what_differs_and_what_is_not_reported(timed_results: Path, timing: pd.DataFrame) -> None:
    measuring = read_table(timed_results / "tables", "timing_quality")
    differing = measuring.assign(
        processes=[16, 24],
        load_before=[0.5, 2.0],
        load_before_most=[3.0, 2.5],
        pinned=["7", "6 7, none"],
        megahertz_lowest=math.nan,
        megahertz_highest=math.nan,
        warmings=0,
        unsettled=0,
        warming_rounds=math.nan,
        warming_rounds_most=math.nan,
    )
    told = quality(timing.assign(slowed_low=1.2, slowed_high=1.3), differing)
    assert told["Processes"].startswith("16 to 24 of each twin, of 41.5 s each")
    assert told["Load"].startswith("0.5 to 2.0 before a process (at most 3.0)")
    assert told["Pinned"] == "differently: to 7, or to 6 7, or to none"
    assert told["Frequency"] == "not reported"
    assert told["Warm-up"] == "no measured quantity needs it"
    assert (
        told["Functional, slowed"].replace("\N{NO-BREAK SPACE}", " ").endswith("10 % was found in 0 of 12 quantities")
    )
    assert quality(timing, measuring.assign(pinned=math.nan))["Pinned"].startswith("no: ")
    assert quality(timing, measuring.assign(pinned="0 1"))["Pinned"] == "to cores 0 and 1"


def test_intervals_without_end_at_the_corrected_confidence_are_counted(
    timed_results: Path, timing: pd.DataFrame
) -> None:
    measuring = read_table(timed_results / "tables", "timing_quality")
    part = timing.copy()
    part.loc[part["quantity"] == "predict", ["family_low", "family_high"]] = [0.0, math.inf]
    told = quality(part, measuring)["Widest steady interval"]
    assert told.endswith("; 3 of 6 ratios have too few processes for that")
    told = quality(timing.assign(family_low=0.0, family_high=math.inf), measuring)["Widest steady interval"]
    at = "at the confidence corrected for all comparisons and looks of the study"
    assert told.endswith(f" at 95 % confidence; {at}, 6 of 6 ratios have too few processes for that")
