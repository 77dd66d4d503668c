"""A matrix shows each outcome where it belongs, and the worst of its kind."""

import pandas as pd

from twinproof.analysis.words import Check, Ending, Kept, PitfallOutcome
from twinproof.report import matrices


def cells(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["what", "who", "outcome", "note"])
    return found.assign(environment="e", twin="t", replicate=range(len(found)))


def made(*rows: tuple[str, str, str, str | None]) -> matrices.Matrix:
    return matrices.matrix(cells(*rows), ["what"], ["who"], "outcome", "note")


def test_rows_and_columns_keep_the_order_of_the_table() -> None:
    found = made(("save", "b", "equal", None), ("save", "a", "close", None), ("load", "b", "equal", None))
    assert [column["text"] for column in found["columns"]] == ["b", "a"]
    assert [row["head"] for row in found["rows"]] == [["save"], ["load"]]
    assert [cell["text"] for row in found["rows"] for cell in row["cells"]] == ["equal", "close", "equal", ""]


def test_replicates_that_agree_are_shown_once_and_others_by_the_worst() -> None:
    found = made(
        ("save", "a", "equal", None), ("save", "a", "equal", None), ("save", "b", "equal", None),
        ("save", "b", "silently wrong", "0.5 apart"),
    )  # fmt: skip
    assert found["rows"][0]["cells"] == [
        {"text": "equal", "kind": "good", "note": None, "trials": [("e", "t", 0), ("e", "t", 1)]},
        {
            "text": "equal or silently wrong",
            "kind": "bad",
            "note": "0.5 apart",
            "trials": [("e", "t", 2), ("e", "t", 3)],
        },
    ]


def test_rows_and_columns_name_their_environment_twin_and_style() -> None:
    row = {
        "environment": "e", "twin": "t", "replicate": 0, "style": "naive", "format": ".h5", "writer": "w",
        "outcome": "equal", "error": None, "largest": 0.0,
    }  # fmt: skip
    found = matrices.exchange_matrix(pd.DataFrame([row]))
    assert found["columns"] == [{"text": "e", "choices": {"environment": "e"}}]
    assert found["rows"][0]["choices"] == {"twin": "t", "style": "naive", "environment": "w"}


def test_what_is_silently_wrong_is_never_shown_as_good() -> None:
    assert matrices.KINDS["silently wrong"] == "bad"
    assert [name for name, kind in matrices.KINDS.items() if kind == "bad"] == ["silently wrong"]


def test_every_outcome_has_its_kind() -> None:
    assert {*Kept, *Check, *PitfallOutcome, *Ending} == set(matrices.KINDS)
    assert {name for name, kind in matrices.KINDS.items() if kind == "good"} == {
        "equal", "close", "works", "as expected",
    }  # fmt: skip


def test_a_pitfall_whose_process_ended_is_shown_without_a_step() -> None:
    row = {
        "title": "A trap", "twin": "t", "style": "subclassed", "expected": "It works.", "environment": "e",
        "replicate": 0, "outcome": "crashed", "step": None, "what": None, "error": "Crash: SIGABRT",
    }  # fmt: skip
    failed = {**row, "environment": "f", "outcome": "error", "step": "train", "error": "ValueError: no"}
    found = matrices.pitfall_matrix(pd.DataFrame([row, failed]))["rows"][0]["cells"]
    assert [cell["note"] for cell in found] == ["Crash: SIGABRT", "train: ValueError: no"]


def test_a_table_for_a_notebook_escapes_all_text() -> None:
    page = matrices.to_html(made(("<b>save</b>", "a", "load fails", 'a "note" & <i>')), "A & B")
    assert "<b>" not in page and "<i>" not in page
    assert "title='a &quot;note&quot; &amp; &lt;i&gt;'" in page
    assert "<caption>A &amp; B</caption>" in page
