"""The report's timings: verdicts, figures and the quality of the measurement are those of the tables."""

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from twinproof.analysis.columns import read_table
from twinproof.analysis.quantities import in_order
from twinproof.base import numbers as figures
from twinproof.report.charts.timing import differences_with_depth, growth_with_depth, process_ratios, timing_forest
from twinproof.report.page.timings import depths, reasons
from twinproof.report.timing import in_reading_order
from twinproof.study.params import TwinParams

from .test_page import ENVIRONMENT, figure, make, specifications, words

Write = Callable[[Path, dict[str, Any], dict[str, Any]], Path]


def drawn(chart: Any) -> pd.DataFrame:
    """The rows that a chart holds."""
    (rows,) = chart.to_dict()["datasets"].values()
    return pd.DataFrame(rows)


def section(html: str, name: str = "timing") -> str:
    """The text below a heading, up to the next one of its level."""
    (found,) = re.findall(rf'<h[23] id="{name}">.*?(?=<h[23] id="|</section>)', html, flags=re.DOTALL)
    return words(found)


def test_simulated_study_has_a_quantity_of_each_verdict(timing: pd.DataFrame) -> None:
    own = timing[(timing["twin"] == "dynamic")].set_index("quantity")["verdict"].to_dict()
    assert own == {
        "train_step": "slower",
        "predict": "equivalent",
        "call": "faster",
        "save": "undecided",
        "make": "no verdict",
        "peak_memory": "equivalent",
    }


def test_verdicts_are_counted_and_named_by_twin_and_style(timed_results: Path) -> None:
    text = section(make(timed_results))
    counts = (
        "dynamic, subclassed against functional, in 6 quantities: 1 slower (train_step), 1 faster (call), "
        "2 equivalent (peak_memory, predict), 1 undecided (save), 1 without verdict (make)."
    )
    assert counts.replace("),", ") ,").replace(").", ") .") in text
    assert "simple, sequential against functional, in 6 quantities: 4 equivalent (" in text


def test_reason_why_there_is_no_verdict_is_given_once_per_twin(timed_results: Path) -> None:
    text = section(make(timed_results))
    assert text.count("No verdict on make of simple, because functional differs from itself") == 1


def test_reason_is_that_of_the_table_whatever_it_says(timed_results: Path, timing: pd.DataFrame) -> None:
    told = timing.dropna(subset="reason")
    assert set(told["verdict"]) == {"no verdict"}
    assert len(told) == (timing["verdict"] == "no verdict").sum() == 3
    odd = timing.assign(reason="it rained, because it rained. And so on", verdict="no verdict", answer="x")
    everything = ", ".join(odd["quantity"].unique())
    assert list(reasons(odd[odd["twin"] == "dynamic"])) == [
        f"No verdict on {everything} of dynamic, because it rained, because it rained. And so on."
    ]


def test_table_has_units_intervals_controls_and_verdict(timed_results: Path, timing: pd.DataFrame) -> None:
    row = timing[(timing["twin"] == "dynamic") & (timing["quantity"] == "call")].iloc[0]
    ends = {name: f"[{row[f'{name}low']:.3f}, {row[f'{name}high']:.3f}]" for name in ("", "control_", "slowed_")}
    text = section(make(timed_results))
    assert (
        f"dynamic subclassed call 2.10 ms {figures.amount(row['taken'], 'seconds')} {row['ratio']:.3f} {ends['']} "
        f"faster {row['control']:.3f} {ends['control_']} "
        f"{row['slowed']:.3f} {ends['slowed_']} of 10 % 16"
    ) in text
    assert "peak_memory 3.00 MiB" in text
    for answer in timing["answer"]:
        assert answer in text


def test_metrics_hold_each_ratio_and_null_for_an_open_end(
    timed_results: Path,
    timing: pd.DataFrame,
    tmp_path: Path,
    timed_records: dict[str, Any],
    timed_study: dict[str, Any],
    write_results: Write,
) -> None:
    def timed(results: Path) -> dict[str, Any]:
        twins = json.loads((results / "metrics.json").read_text())["environments"][ENVIRONMENT]["twins"]
        return {twin: told["timing"] for twin, told in twins.items()}

    metrics = timed(timed_results)
    assert {twin: list(styles) for twin, styles in metrics.items()} == {
        "simple": ["sequential", "subclassed"],
        "dynamic": ["subclassed"],
    }
    for row in timing.to_dict("records"):
        found = metrics[row["twin"]][row["style"]][row["quantity"]]
        assert found == {key: row[key] for key in ("ratio", "low", "high", "verdict")}
    few = {path: record for path, record in timed_records.items() if record["replicate"] < 3}
    found = timed(write_results(tmp_path / "few", few, timed_study))["dynamic"]["subclassed"]["call"]
    assert found == {"ratio": pytest.approx(0.8, rel=0.05), "low": 0.0, "high": None, "verdict": "no verdict"}


def test_forest_holds_the_ratios_of_the_table_and_each_control_once(timing: pd.DataFrame) -> None:
    rows = drawn(timing_forest(timing))
    for style, count in {"sequential": 6, "subclassed": 12, "control": 12, "slowed": 12}.items():
        assert (rows["style"] == style).sum() == count
    keys = ["twin", "style", "quantity"]
    both = rows.merge(timing, on=keys, suffixes=("", "_of_table"))
    assert len(both) == len(timing)
    assert (both["at"] == both["ratio_of_table"]).all()
    assert rows["from"].le(rows["to"]).all()


def test_values_beyond_the_axis_are_written_at_its_edge(timing: pd.DataFrame) -> None:
    rows = drawn(timing_forest(timing))
    far = rows[(rows["quantity"] == "make") & (rows["style"] == "subclassed")]
    assert not far["inside"].any()
    assert far["beyond_high"].str.startswith("3.1").all()
    assert (far["drawn"] == "as far as the axis goes").all()
    near = rows[(rows["quantity"] == "predict")]
    assert near["inside"].all()
    assert (near["beyond_low"] + near["beyond_high"] == "").all()


@pytest.mark.parametrize(("low", "high"), [(0.0, math.inf), (math.nan, math.nan), (1e-9, 1e9)])
def test_interval_without_end_is_cut_at_the_axis_and_reported(low: float, high: float, timing: pd.DataFrame) -> None:
    chart = timing_forest(timing.assign(low=low, high=high, slowed_high=high, control_low=low))
    json.dumps(chart.to_dict(), allow_nan=False)
    rows = drawn(chart)
    assert rows[["from", "to"]].notna().all(axis=None)
    own = rows[rows["style"] == "subclassed"]
    assert (own["drawn"] == "as far as the axis goes").all()
    assert (own["interval"] == figures.interval(low, high)).all()
    for chart in (growth_with_depth, differences_with_depth):
        json.dumps(chart(timing.assign(low=low, high=high), {"dynamic": 5}).to_dict(), allow_nan=False)


def test_control_that_was_not_measured_is_left_out(timing: pd.DataFrame) -> None:
    rows = drawn(timing_forest(timing.assign(slowed=math.nan, slowed_low=math.nan, slowed_high=math.nan)))
    assert set(rows["style"]) == {"sequential", "subclassed", "control"}


def test_study_of_few_processes_makes_a_page_without_intervals(
    tmp_path: Path, timed_records: dict[str, Any], timed_study: dict[str, Any], write_results: Write
) -> None:
    few = {path: record for path, record in timed_records.items() if record["replicate"] < 3}
    html = make(write_results(tmp_path / "few", few, timed_study))
    text = section(html)
    assert "no interval: too few processes" in text
    assert "Without interval 18 of 18 ratios: too few processes" in section(html, "timing-quality")
    assert "nan" not in text.lower()
    assert "timing of simple was measured with only 3 of at least 16 processes" in words(html)
    for specification in specifications(html):
        json.dumps(specification, allow_nan=False)


def test_timing_that_was_not_measured_is_reported(
    results: Path, tmp_path: Path, timed_records: dict[str, Any], timed_study: dict[str, Any], write_results: Write
) -> None:
    html = make(results)
    said = "Timing was not measured, so the cost of a style is not known."
    assert section(html) == f"Does a style cost time? {said}"
    assert f"timing was not measured; environments.{ENVIRONMENT}.probes does not include it" in words(html)
    rest = {path: record for path, record in timed_records.items() if record["probe"] != "timing"}
    html = make(write_results(tmp_path / "asked", rest, timed_study))
    assert said in words(html)
    assert "timing of dynamic was not measured, although the parameters include it" in words(html)


def test_timing_in_which_no_style_could_be_compared_is_reported(
    tmp_path: Path, timed_records: dict[str, Any], timed_study: dict[str, Any], write_results: Write
) -> None:
    error = {"type": "ValueError", "message": "no", "traceback": ""}
    for record in timed_records.values():
        if record["probe"] == "timing":
            for style in record["styles"].keys() & {"sequential", "subclassed"}:
                record["styles"][style] = {"status": "failed", "error": error}
    html = make(write_results(tmp_path / "failed", timed_records, timed_study))
    assert "Timing was measured, but no style could be compared with functional" in section(html)
    assert "simple sequential timing 16 processes all quantities: ValueError: no" in words(html)


def test_more_processes_than_the_fewest_are_not_missing(timed_results: Path, timed_study: dict[str, Any]) -> None:
    assert timed_study["timing"]["replicates"] == 16
    assert "timing of" not in words(make(timed_results))
    text = (timed_results / "params.yaml").read_text()
    (timed_results / "params.yaml").write_text(text.replace("replicates: 16", "replicates: 8"))
    assert "timing of" not in words(make(timed_results))


def test_what_a_style_could_not_do_is_listed_once_among_the_failures(timed_results: Path) -> None:
    text = words(make(timed_results))
    assert text.count(f"{ENVIRONMENT} dynamic subclassed timing 16 processes load: ValueError: <b>shapes</b>") == 1


def test_growth_is_shown_where_twins_differ_only_in_depth(
    timed_results: Path, timing: pd.DataFrame, timed_study: dict[str, Any]
) -> None:
    assert "by the depth of" not in make(timed_results)
    twins = timed_study["twins"] | {
        "deep": {"module": "twinproof.measured.twins.dynamic", "arguments": {"depth": 20}},
        "wide": {"module": "twinproof.measured.twins.dynamic", "arguments": {"depth": 20, "width": 9}},
        "untimed": {"module": "twinproof.measured.twins.dynamic", "arguments": {"depth": 50}},
    }
    study = SimpleNamespace(twins={name: TwinParams(**twin) for name, twin in twins.items()})
    assert depths(study, {"simple", "dynamic", "deep", "wide"}) == [{"dynamic": 5, "deep": 20}]
    # The figures of dynamic, under another name.
    deep = timing[timing["twin"] == "dynamic"].assign(twin="deep")
    rows = drawn(growth_with_depth(pd.concat([timing, deep]), {"dynamic": 5, "deep": 20}))
    assert set(rows["quantity"]) == set(timing["quantity"])
    assert set(rows["depth"]) == {5, 20}
    assert set(rows["twin"]) == {"dynamic", "deep"}


def test_differences_with_depth_follow_from_the_ratios(timing: pd.DataFrame) -> None:
    own = timing[timing["twin"] == "dynamic"]
    deep = own.assign(twin="deep", functional=2 * own["functional"], ratio=0.5, low=0.4, high=0.6)
    rows = drawn(differences_with_depth(pd.concat([own, deep]), {"dynamic": 5, "deep": 20}))
    rows = rows.set_index(["twin", "quantity"])
    for quantity, takes in own.set_index("quantity")["functional"].items():
        one = rows.loc["deep", quantity]
        assert one[["shown", "shown_low", "shown_high"]].tolist() == pytest.approx([-takes, -1.2 * takes, -0.8 * takes])
        assert one["said"] == f"\N{MINUS SIGN}{figures.amount(takes, 'seconds')}"
    (slower,) = own.loc[own["quantity"] == "train_step"].to_dict("records")
    expected = slower["functional"] * (slower["ratio"] - 1)
    assert rows.loc[("dynamic", "train_step"), "shown"] == pytest.approx(expected) and expected > 0


def test_page_shows_growth_with_depth(
    tmp_path: Path, timed_records: dict[str, Any], timed_study: dict[str, Any], write_results: Write
) -> None:
    timed_study["twins"]["simple"] = {"module": "twinproof.measured.twins.dynamic", "arguments": {"depth": 1}}
    html = make(write_results(tmp_path / "deep", timed_records, timed_study))
    assert (
        f"by the depth of twinproof.measured.twins.dynamic in {ENVIRONMENT}, which is 1 in simple, 5 in dynamic;"
        in section(html)
    )
    for caption in ("These ratios by the depth", "The extra time over functional, by the depth"):
        (rows,) = figure(html, caption)["datasets"].values()
        # Bytes are not times.
        assert {row["quantity"] for row in rows} == {"make", "train_step", "predict", "call", "save"}


def test_process_chart_holds_the_log_ratio_of_each_process(timed_results: Path) -> None:
    processes = read_table(timed_results / "tables", "timing_processes")
    own = processes[processes["twin"] == "dynamic"]
    rows = drawn(process_ratios(own))
    assert len(rows) == own["log_ratio"].count() == 16 * 6 * 3
    merged = rows.merge(own, on=["replicate", "style", "quantity"])
    assert merged["ratio"].map(math.log).to_numpy() == pytest.approx(merged["log_ratio"].to_numpy())


def test_quantities_are_in_the_order_of_a_models_life_and_unknown_ones_come_last(timing: pd.DataFrame) -> None:
    known = ["make", "peak_memory", "train_step", "predict", "call", "save"]
    assert list(in_reading_order(timing)["quantity"]) == known * 3
    assert in_order(["b_new", "a_new", "load", "load", "make"]) == ["make", "load", "a_new", "b_new"]
    assert in_reading_order(timing.iloc[:0]).empty


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3.2e-8, "seconds", "32.0 ns"),
        (0.00123, "seconds", "1.23 ms"),
        (0.0009999, "seconds", "1.00 ms"),
        (0.031, "seconds", "31.0 ms"),
        (75.0, "seconds", "75.0 s"),
        (1234.5, "seconds", "1,234 s"),
        (512.0, "bytes", "512 B"),
        (3 * 2**20, "bytes", "3.00 MiB"),
    ],
)
def test_amounts_have_three_digits_and_a_suitable_unit(value: float, unit: str, text: str) -> None:
    assert figures.amount(value, unit) == text
