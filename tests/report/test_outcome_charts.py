"""Charts of outcomes classify each outcome, and hold equal ones once, with their number."""

from typing import Any

import pandas as pd

from twinproof.report.charts import outcomes


def drawn(chart: Any) -> pd.DataFrame:
    (rows,) = chart.to_dict()["datasets"].values()
    return pd.DataFrame(rows)


def cells(**columns: list[str]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame({"environment": ["e"] * count, "twin": ["t"] * count} | columns)


def test_operation_is_right_wrong_or_not_known() -> None:
    table = cells(
        style=["functional", "subclassed", "naive", "naive", "naive"],
        operation=["ONNX"] * 5,
        place=["same process"] * 5,
        outcome=["close", "silently wrong", "not available", "load fails", "timed out"],
    )
    rows = drawn(outcomes.kept_shares(table))
    assert list(rows["right"]) == [1, 0, 0, 0]
    assert list(rows["known"]) == [1, 1, 0, 2]
    assert set(rows["done"]) == {"ONNX, same process"}


def test_replicates_that_agree_are_counted_and_not_held_one_by_one() -> None:
    told = {"caught": ["silence", "silence", "error"], "stage": ["never", "never", "construct"]}
    rows = drawn(outcomes.fault_catches(cells(style=["subclassed"] * 3, title=["a"] * 3, **told)))
    assert rows.set_index("caught")["count"].to_dict() == {"silence": 2, "error, construct": 1}


def test_exchange_has_a_panel_for_each_reader() -> None:
    table = cells(style=["functional", "naive"], writer=["e", "f"], outcome=["equal", "load fails"])
    chart = outcomes.exchange_shares(table)
    assert set(drawn(chart)["reader"]) == {"read in e"}
    assert list(drawn(chart)["writer"]) == ["e", "f"]


def test_pitfalls_are_counted_by_the_kind_of_their_outcome() -> None:
    ended = ["as expected", "error", "silently wrong", "crashed", "wrong, with a warning"]
    rows = drawn(outcomes.pitfall_outcomes(cells(style=["subclassed"] * 5, title=list("abcde"), outcome=ended)))
    loud = "an error or a warning"
    assert list(rows["kind"]) == ["right", loud, "silently wrong", loud, loud]


def test_a_warning_is_between_the_last_error_and_silence() -> None:
    told = {"caught": ["silence", "warning", "error"], "stage": ["never", "construct", "later"]}
    table = cells(style=["functional"] * 3, title=["a", "b", "c"], **told)
    assert list(drawn(outcomes.fault_catches(table))["place"]) == [5, 4, 3]


def test_care_has_a_row_for_each_set_of_ingredients_and_a_column_for_each_environment() -> None:
    has: dict[str, Any] = {"kwargs": [True, False], "register": [False] * 2, "get_config": [False] * 2}
    table = cells(outcome=["equal", "load fails"], build=[True, False], **has)  # type: ignore[list-item]
    chart = outcomes.care_shares(table)
    assert drawn(chart).set_index("care")["right"].to_dict() == {"kwargs, build": 1, "none of them": 0}
    assert chart.to_dict()["spec"]["layer"][0]["encoding"]["x"]["field"] == "environment"


def test_checks_are_separated_by_the_state_of_the_model() -> None:
    table = cells(
        style=["functional"] * 2, check=["c"] * 2, when=["constructed", "built"], outcome=["works", "differs"]
    )
    rows = drawn(outcomes.check_outcomes(table))
    assert list(rows["panel"]) == ["e, once constructed", "e, once built"]
    assert list(rows["kind"]) == ["right", "an error or a warning"]


def test_code_is_counted_in_four_ways() -> None:
    code = pd.DataFrame([{"twin": "t", "style": "naive", "lines": 9, "branches": 1, "names": 7, "definitions": 2}])
    rows = drawn(outcomes.code_size(code))
    assert rows.set_index("measure")["count"].to_dict() == {"lines": 9, "branches": 1, "names": 7, "definitions": 2}
