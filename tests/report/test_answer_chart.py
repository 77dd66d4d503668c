"""The picture of the answer counts what the tables hold, and leaves out what was not measured."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from twinproof.analysis.columns import COLUMNS, read_table
from twinproof.report.charts.answer import FARTHEST, answer_chart, takes, works
from twinproof.report.charts.style import specification

from ..conftest import REPOSITORY
from . import studies

Tables = dict[str, pd.DataFrame]


def tables_of(folder: Path) -> Tables:
    return {name: read_table(folder / "tables", name) for name in COLUMNS}


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    folder = tmp_path_factory.mktemp("whole") / "results"
    return tables_of(studies.write_results(folder, *studies.whole_study(params)))


def share(shares: pd.DataFrame, question: str, way: str) -> tuple[int, int]:
    rows = shares[(shares["question"] == question) & (shares["style"] == way)]
    return int(rows["right"].sum()), int(rows["known"].sum())


def test_shares_are_those_of_the_tables(tables: Tables) -> None:
    shares = works(tables)
    # Two twins in two environments; in dynamic, subclassed has other weights, and one training of sequential failed.
    assert share(shares, "same weights after training", "subclassed") == (6, 12)
    assert share(shares, "same weights after training", "sequential") == (10, 10)
    assert share(shares, "mistakes caught before training", "functional") == (4, 4)
    assert share(shares, "mistakes caught before training", "subclassed") == (0, 4)
    assert share(shares, "checks work once built", "subclassed") == (0, 4)
    assert share(shares, "loaded without its code", "functional") == (8, 8)
    # What is not available does not count as known.
    assert share(shares, "loaded without its code", "naive") == (0, 4)


def test_what_timed_out_is_counted_as_not_right(tables: Tables) -> None:
    rows = tables["serialization"]
    without_code = (rows["place"] == "fresh process, no code") & (rows["style"] == "functional")
    timed_out = tables | {"serialization": rows.assign(outcome=rows["outcome"].mask(without_code, "timed out"))}
    assert share(works(timed_out), "loaded without its code", "functional") == (0, 8)


def test_what_an_environment_wrote_itself_is_not_another_version(tables: Tables) -> None:
    assert share(works(tables), "read by another version", "functional") == (4, 4)
    assert share(works(tables), "read by another version", "subclassed") == (0, 2)


def test_twin_that_is_not_one_network_has_no_share(tables: Tables) -> None:
    twins = tables["twins"].assign(gate=tables["twins"]["gate"].mask(tables["twins"]["twin"] == "simple", "different"))
    assert set(works(tables | {"twins": twins})["twin"]) == {"dynamic"}
    assert works(tables | {"twins": twins.assign(gate="failed")}).empty


def test_ratios_are_those_of_the_table_and_values_beyond_the_axis_are_written(tables: Tables) -> None:
    found = takes(tables)
    assert len(found) == len(tables["timing"])
    assert found[["at", "low", "high"]].stack().between(1 / FARTHEST, FARTHEST).all()
    far = found[found["beyond"] != ""]
    assert set(zip(far["quantity"], far["style"], strict=True)) == {("make", "subclassed")}
    assert set(far["beyond"]) == {"3.1"}
    assert set(far["at"]) == {FARTHEST}


@pytest.mark.parametrize(("low", "high"), [(0.0, math.inf), (math.nan, math.nan)])
def test_interval_without_end_extends_to_the_end_of_the_axis_and_is_reported(
    low: float, high: float, tables: Tables
) -> None:
    found = takes(tables | {"timing": tables["timing"].assign(low=low, high=high)})
    assert set(found["low"]) == {1 / FARTHEST} and set(found["high"]) == {FARTHEST}
    assert set(found["interval"]) == {"no interval: too few processes"}


def panels(tables: Tables) -> list[Any]:
    chart = answer_chart(works(tables), takes(tables))
    return [] if chart is None else [panel["title"]["text"] for panel in specification(chart)["concat"]]


def test_what_was_not_measured_is_left_out(tables: Tables) -> None:
    def without(*names: str) -> Tables:
        return tables | {name: tables[name].iloc[:0] for name in names}

    assert panels(tables) == ["What works", "What it takes"]
    assert panels(without("timing")) == ["What works"]
    assert panels(without("serialization", "exchange")) == ["What works", "What it takes"]
    shares = "accuracy", "faults", "introspection", "serialization", "exchange"
    assert panels(without(*shares)) == ["What it takes"]
    assert panels(without(*shares, "timing")) == []


def test_picture_can_be_drawn_without_a_browser(tables: Tables, tmp_path: Path) -> None:
    answer_chart(works(tables), takes(tables)).save(tmp_path / "answer.svg")
    assert "same weights after training" in (tmp_path / "answer.svg").read_text()
