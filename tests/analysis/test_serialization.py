"""The outcome of an operation is derived from its findings."""

from typing import Any

import pytest

from twinproof.analysis.rows.keeping import outcome
from twinproof.analysis.rows.serialization import ingredient_rows, serialization_rows

EMPTY = {
    "operation": ".keras", "place": "same process", "lacking": [], "saved": True, "loaded": True, "built": True,
    "bit_equal": True, "largest": 0.0, "mean": 0.0, "optimizer": "equal", "bytes": 1000, "save_seconds": [0.1],
    "load_seconds": [0.2], "step": "compare", "error": None, "warnings": [],
}  # fmt: skip
ERROR = {"type": "TypeError", "message": "no"}
FAR = {"bit_equal": False, "largest": 0.5, "mean": 0.1}


def cell(**found: Any) -> dict[str, Any]:
    return {**EMPTY, **found}


def record(**ways: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "environment": "e",
        "twin": "t",
        "replicate": 0,
        "protocol": {"probe": {"tolerance": 1e-6}},
        "styles": {way: {"status": "ok", "result": {"cells": cells}} for way, cells in ways.items()},
    }


@pytest.mark.parametrize(
    ("found", "said", "expected"),
    [
        ({}, [], "equal"),
        ({"bit_equal": False, "largest": 1e-7}, [], "close"),
        (FAR, [], "silently wrong"),
        (FAR, ["mind"], "wrong, with a warning"),
        ({"bit_equal": False, "largest": None}, [], "silently wrong"),  # outputs of a different shape
        ({"bit_equal": None, "largest": None, "error": ERROR}, [], "fails in use"),
        ({"step": "make", "error": ERROR, "bit_equal": None}, [], "cannot be made"),
        ({"step": "save", "error": ERROR, "bit_equal": None}, [], "save fails"),
        ({"step": "load", "error": ERROR, "bit_equal": None}, [], "load fails"),
        ({"step": None, "error": {"type": "Crash", "message": ""}, "bit_equal": None}, [], "crashed"),
        ({"step": None, "error": {"type": "Timeout", "message": ""}, "bit_equal": None}, [], "timed out"),
        ({"lacking": ["onnx"], "bit_equal": None}, [], "not available"),
    ],
)
def test_each_outcome(found: dict[str, Any], said: list[str], expected: str) -> None:
    assert outcome(cell(**found), said, 1e-6) == expected


def test_a_warning_that_functional_gets_without_failing_does_not_make_a_failure_loud() -> None:
    usual = {"warnings": ["this format is old"]}
    rows = list(serialization_rows(record(functional=[cell(**usual)], subclassed=[cell(**FAR, **usual)])))
    assert [row.outcome for row in rows] == ["equal", "silently wrong"]


def test_a_warning_counts_where_functional_goes_wrong_with_it() -> None:
    loud = cell(**FAR, warnings=["the optimizer was not loaded"])
    rows = list(serialization_rows(record(functional=[loud], subclassed=[loud])))
    assert {row.outcome for row in rows} == {"wrong, with a warning"}


def test_seconds_have_an_interval_if_there_are_enough() -> None:
    rows = list(serialization_rows(record(functional=[cell(save_seconds=[1, 2, 3, 4, 5, 9], load_seconds=[1, 3])])))
    assert (rows[0].save_seconds, rows[0].save_low, rows[0].save_high) == (3.5, 1, 9)
    assert (rows[0].load_seconds, rows[0].load_low, rows[0].load_high) == (2, None, None)


def test_every_row_has_an_outcome_and_ways_come_in_their_order() -> None:
    rows = list(serialization_rows(record(naive=[cell()], subclassed=[cell()], functional=[cell()])))
    assert [row.style for row in rows] == ["functional", "subclassed", "naive"]


def test_a_class_with_some_ingredients_is_judged_like_a_style() -> None:
    usual = {"warnings": ["this format is old"]}
    found = record(functional=[cell(**usual)], subclassed=[cell()])
    found["styles"]["subclassed"]["result"]["ingredients"] = [
        {"with": [], "cells": [cell(**FAR, **usual)]},
        {"with": ["kwargs", "build"], "cells": [cell()]},
    ]
    rows = list(ingredient_rows(found))
    assert [(row.kwargs, row.register, row.get_config, row.build, row.outcome) for row in rows] == [
        (False, False, False, False, "silently wrong"),
        (True, False, False, True, "equal"),
    ]


def test_a_twin_without_ingredients_has_no_rows_of_them() -> None:
    assert not list(ingredient_rows(record(functional=[cell()])))
