"""What compiled graphs show: which of them equal functional's, and what that means for a time."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.report import studies
from twinproof.analysis.columns import make_table
from twinproof.analysis.rows.graph import graph_rows
from twinproof.analysis.tables import Rows, make_tables
from twinproof.analysis.verdicts.graphs import NOT_SHOWN, GraphFound, judge_graphs, sentence
from twinproof.study.params import Params

Change = Callable[[dict[str, Any]], object]
EQUAL = GraphFound("tf", "simple", "subclassed", "predict", "equal", "3 operations, wired alike", 3, True)
OTHER = GraphFound("tf", "simple", "subclassed", "train_step", "other operations", "the second with 1 Cast", 3, False)


def judged(*changes: Change) -> dict[str, GraphFound]:
    """Return the findings on each function of subclassed, from one trial per change of its styles."""
    records = []
    for replicate, change in enumerate(changes):
        styles = copy.deepcopy(studies.make_graph())
        change(styles)
        records.append(studies.make_record(studies.ENVIRONMENT, "simple", "graph", replicate, styles))
    table = make_table("graphs", (row for record in records for row in graph_rows(record)))
    return {one.function: one for one in judge_graphs(table)}


def nothing(_styles: dict[str, Any]) -> None:
    """Leave the styles as they are."""


def predicts(style: str, outcome: str) -> Change:
    """Give a style's prediction this outcome compared with functional's."""
    return lambda styles: styles[style]["result"]["functions"]["predict"]["optimized"]["comparison"].update(
        outcome=outcome
    )


def fails(style: str) -> Change:
    """Have a style fail."""
    return lambda styles: styles.update({style: {"status": "failed", "error": studies.ERROR}})


def on_pytorch(styles: dict[str, Any]) -> None:
    """Have Keras run on PyTorch, which compiles nothing: no call, and only the graph that runs."""
    for found in styles.values():
        functions = found["result"]["functions"]
        read = {name: {"given": functions[name]["optimized"]} for name in ("train_step", "predict")}
        found["result"] = {"backend": "torch", "functions": read}


def test_each_function_is_compared_with_functionals() -> None:
    found = judged(nothing)
    assert {name: (one.outcome, one.same, one.operations) for name, one in found.items()} == {
        "train_step": ("ordered otherwise", False, 3),
        "predict": ("equal", True, 3),
        "compiled_call": ("equal", True, 3),
    }


@pytest.mark.parametrize(
    "change",
    [predicts("control", "ordered otherwise"), predicts("extended", "equal"), fails("control"), fails("extended")],
)
def test_nothing_is_shown_if_a_control_is_not_as_required(change: Change) -> None:
    found = judged(change)["predict"]
    assert (found.outcome, found.same) == (NOT_SHOWN, False)


def test_a_difference_that_one_trial_saw_counts() -> None:
    assert judged(nothing, predicts("subclassed", "wired otherwise"))["predict"].outcome == "wired otherwise"


def test_a_style_that_failed_is_not_judged() -> None:
    assert judged(fails("subclassed")) == {}


def test_what_a_backend_does_not_compile_is_not_available_and_what_it_runs_is_compared() -> None:
    found = judged(on_pytorch)
    assert {name: one.outcome for name, one in found.items()} == {
        "train_step": "ordered otherwise",
        "predict": "equal",
        "compiled_call": "not available",
    }
    assert found["compiled_call"].difference == "Keras on PyTorch compiles nothing"
    assert sentence(list(found.values())).startswith("In 1 of 2 comparisons")
    assert "On PyTorch nothing is compiled" in sentence([found["predict"]])
    assert sentence([found["compiled_call"]]) == ""


def test_the_sentence_counts_what_is_equal_and_names_what_is_not() -> None:
    said = sentence([EQUAL, EQUAL])
    assert said.startswith("In 2 of 2 comparisons with functional, ") and said.count(".") == 1
    assert sentence([EQUAL, OTHER]).endswith(
        "It differs in train_step of simple, subclassed, in tf (the second with 1 Cast)."
    )
    assert sentence([EQUAL, replace(EQUAL, given=False)]).endswith(
        "Only TensorFlow's optimizer makes it the same in predict of simple, subclassed, in tf."
    )


def test_a_timing_says_how_what_was_timed_compares_as_a_graph(params: dict[str, Any]) -> None:
    records, study = studies.whole_study(params)
    timing = make_tables(Rows(records), Params.parse(study), [])["timing"]
    own = timing[(timing["twin"] == "simple") & (timing["style"] == "subclassed")].set_index("quantity")["graph"]
    assert own.dropna().to_dict() == {"train_step": "ordered otherwise", "predict": "equal"}
