"""Each line of the headline can advise either style, and only on what was measured."""

from typing import Any

import pytest

from twinproof.analysis.verdicts.headline import headline, split

from .test_claims import HERE, ONE, gates, kept, tables

FUNCTIONAL_ALONE = kept(keras=("equal", "load fails", "load fails"))
SUBCLASSED_ALONE = kept(keras=("load fails", "equal", "load fails"))
ALIKE = kept(keras=("equal", "equal", "equal"))
# Each style keeps a format that the other does not.
TURNED = FUNCTIONAL_ALONE + kept(h5=("load fails", "equal", "load fails"))


def words(**rows: list[dict[str, Any]]) -> dict[str, str]:
    return {line.topic: line.word for line in headline(tables(**rows))}


def reasons(**rows: list[dict[str, Any]]) -> dict[str, str]:
    return {line.topic: line.reason for line in headline(tables(**rows))}


def graphs(**outcomes: str) -> list[dict[str, Any]]:
    """Return how the compiled functions of a subclass compare with functional's, with both controls."""
    return [
        {
            **HERE, "twin": "simple", "style": style, "function": function, "outcome": found, "given_outcome": found,
            "difference": "", "given_difference": "", "operations": 3, "backend": "tensorflow",
        }
        for function, outcome in outcomes.items()
        for style, found in (
            ("functional", "equal"), ("subclassed", outcome), ("control", "equal"), ("extended", "other operations"),
        )
    ]  # fmt: skip


def timed(quantity: str, *verdicts: str) -> list[dict[str, Any]]:
    """Return the verdicts on a quantity, one per twin."""
    return [
        {**HERE, "twin": str(twin), "style": "subclassed", "quantity": quantity, "unit": "seconds", "verdict": verdict}
        for twin, verdict in enumerate(verdicts)
    ]


@pytest.mark.parametrize(
    ("cells", "word"),
    [(FUNCTIONAL_ALONE, "functional"), (SUBCLASSED_ALONE, "subclassed"), (ALIKE, "either"), (TURNED, "either")],
)
def test_the_style_to_keep_a_model_in_is_the_one_that_loses_less(cells: list[dict[str, Any]], word: str) -> None:
    assert words(serialization=cells)["To save and share a model"] == word


def test_the_reason_names_the_formats_or_counts_what_fails() -> None:
    topic = "To save and share a model"
    assert reasons(serialization=FUNCTIONAL_ALONE)[topic] == (
        "keras loads it without your code if its layers are Keras's own, and never a subclass."
    )
    assert reasons(serialization=SUBCLASSED_ALONE)[topic].startswith("Of 1 operation, 1 fail only functional, 0 only")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "either"),
        ({"difference_low": 0.001, "difference_high": 0.002}, "it depends"),
        ({"difference_low": -0.001, "difference_high": 0.002}, "either"),
        ({"loss_difference_low": -0.2, "loss_difference_high": -0.1}, "it depends"),
    ],
)
def test_styles_that_differ_in_accuracy_or_loss_are_not_alike(changes: dict[str, float], word: str) -> None:
    accuracy = [{**HERE, "twin": "simple", "style": "subclassed", **changes}]
    assert words(twins=ONE, accuracy=accuracy)["For what it learns"] == word


def test_training_steps_that_agree_within_rounding_are_counted_apart() -> None:
    twins = gates(simple="bit-equal", dynamic="within rounding", conditional="different")
    reason = reasons(twins=twins)["For what it learns"]
    assert reason.startswith("From the same weights, 1 of 2 pairs of network and Keras version")
    assert reason.endswith(", bit for bit, the others within rounding.")


@pytest.mark.parametrize(
    ("timing", "word"),
    [
        ([], "either"),
        (timed("train_step", "slower", "slower"), "functional"),
        (timed("predict", "faster", "faster"), "subclassed"),
        (timed("train_step", "slower", "undecided"), "either"),
        (timed("train_step", "slower", "slower") + timed("predict", "faster", "faster"), "it depends"),
        (timed("save", "slower", "slower"), "either"),
    ],
)
def test_a_time_counts_if_every_network_agrees_on_it(timing: list[dict[str, Any]], word: str) -> None:
    same = graphs(train_step="equal", predict="equal", compiled_call="other operations")
    assert words(graphs=same, timing=timing)["For speed once compiled"] == word


def test_styles_that_mostly_compile_to_other_operations_are_not_said_to_be_as_fast() -> None:
    assert (
        words(graphs=graphs(predict="other operations", train_step="equal"))["For speed once compiled"] == "it depends"
    )
    assert (
        reasons(graphs=graphs(predict="equal"))["For speed once compiled"]
        == "All 1 compiled functions run the same operations."
    )


def test_what_was_not_measured_has_no_line() -> None:
    assert words() == {}
    assert words(graphs=graphs(predict="not available")) == {}


def test_a_line_is_split_into_advice_and_reason() -> None:
    line = next(headline(tables(serialization=FUNCTIONAL_ALONE)))
    assert split(line.sentence) == ("To save and share a model: functional.", line.reason)
