"""The figures of the page, by section: each has a specification and a caption."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from twinproof.analysis.words import RIGHT, Kept, PitfallOutcome

Tables = Mapping[str, pd.DataFrame]
Figure = dict[str, Any]


def figure(chart: Any, rooms: Sequence[int], caption: str, environment: str | None = None) -> Figure:
    """Return a figure of the page; `rooms` are the pixels that the axis takes, for each panel or once for all."""
    from twinproof.report.charts.style import specification

    return {
        "spec": specification(chart),
        "rooms": rooms,
        "caption": caption,
        "choices": {"environment": environment} if environment else {},
    }


def figures(tables: Tables) -> dict[str, list[Figure]]:
    """Return the figures of each section except the timings; a section without measurements has none."""
    return {
        "answer": list(_answer(tables)),
        "accuracy": [*_learning(tables), *_differences(tables)],
        "serialization": [
            *_formats_by_release(tables),
            *_serialization(tables["serialization"]),
            *_care(tables["ingredients"]),
        ],
        "pitfalls": [*_pitfalls_by_release(tables), *_pitfalls(tables["pitfalls"])],
        "exchange": list(_exchange(tables["exchange"])),
        "faults": list(_faults(tables["faults"])),
        "introspection": list(_introspection(tables["introspection"])),
        "code": list(_code(tables["code"])),
    }


def _answer(tables: Tables) -> Iterator[Figure]:
    from twinproof.report.charts.answer import answer_chart, takes, works

    shares, ratios = works(tables), takes(tables)
    chart = answer_chart(shares, ratios)
    if chart is None:
        return
    parts = []
    if len(shares):
        parts.append("the share that works in each style, over all environments and all twins that are one network")
    if len(ratios):
        parts.append(
            "the ratio to functional of each quantity, one mark per twin with its 95 % interval over "
            "processes, written at the edge if it is beyond the axis"
        )
    yield figure(chart, [210, 120], f"{'; and '.join(parts).capitalize()}.")


def _learning(tables: Tables) -> Iterator[Figure]:
    from twinproof.report.charts.learning import first, learning_curves

    epochs = tables["learning_epochs"]
    classifies = epochs.groupby(["environment", "twin"], sort=False)["validation_accuracy"].transform("count") > 0
    # For networks that do not classify, the loss is shown.
    for (environment, has_accuracy), rows in epochs.groupby([epochs["environment"], classifies], sort=False):
        learning = tables["learning"][tables["learning"]["environment"] == environment]
        learning = learning[learning["twin"].isin(rows["twin"])]
        compared, seeds = learning["bit_equal"].dropna(), learning["replicate"].nunique()
        drawn = first(learning)["replicate"].nunique()
        caption = (
            f"Validation {'accuracy' if has_accuracy else 'loss'} by epoch in {environment}, one line for each of "
            f"{f'the first {drawn} of ' if drawn < seeds else ''}{seeds} seeds in each style; where styles coincide, "
            "the thinner line is inside the wider one; "
            f"{int(compared.eq(True).sum())} of {len(compared)} trainings end with exactly the weights of functional."
        )
        yield figure(learning_curves(rows, learning), [60], caption, str(environment))


def _differences(tables: Tables) -> Iterator[Figure]:
    from twinproof.report.charts import learning

    accuracy = tables["accuracy"]
    if accuracy["difference"].notna().any():
        caption = "Test accuracy of each style minus functional's, the mean over seeds with its 95 % interval."
        yield figure(learning.accuracy_differences(accuracy), [100], caption)


def _formats_by_release(tables: Tables) -> Iterator[Figure]:
    from twinproof.report.charts.releases import formats_by_release

    yield from _by_release(
        formats_by_release(tables["serialization"], tables["environments"]),
        "The outcome of each way to save or copy a model in each release of Keras, by style, for the worst twin: "
        "fixed if correct today, appeared if correct once; the latest changes come first.",
    )


def _pitfalls_by_release(tables: Tables) -> Iterator[Figure]:
    from twinproof.report.charts.releases import pitfalls_by_release

    yield from _by_release(
        pitfalls_by_release(tables["pitfalls"], tables["environments"]),
        "The outcome of each pitfall in each release of Keras: fixed if correct today, appeared if correct once; "
        "the latest changes come first. A dash: the program does not work there even without the trap.",
    )


def _by_release(chart: Any | None, caption: str) -> Iterator[Figure]:
    """Yield a chart of releases if there are enough of them."""
    if chart:
        yield figure(chart, [10], caption)


def _serialization(serialization: pd.DataFrame) -> Iterator[Figure]:
    from twinproof.report.charts import outcomes
    from twinproof.report.charts import serialization as kept_files

    if serialization.empty:
        return
    caption = (
        "The number of twins for which each operation is correct, by style and environment; a dash means not available."
    )
    yield figure(outcomes.kept_shares(serialization), [270], caption)
    for environment, rows in serialization.groupby("environment", sort=False):
        where, processes = str(environment), rows["replicate"].nunique()
        if len(kept_files.kept(rows)):
            caption = f"Bytes on disk of each format in {where}, by style, one panel per twin."
            yield figure(kept_files.sizes(rows), [140], caption, where)
            caption = (
                f"Seconds to save and to load in each format in {where}, the median of the repeats in "
                f"{'one process' if processes == 1 else f'{processes} processes'} with the fastest and the slowest."
            )
            yield figure(kept_files.seconds(rows), [140], caption, where)


def _care(ingredients: pd.DataFrame) -> Iterator[Figure]:
    from twinproof.report.charts import outcomes

    if len(ingredients):
        caption = (
            "How many operations are correct for a class with some of four ingredients: its constructor takes "
            "**kwargs, it is registered, it returns its config, it builds itself."
        )
        yield figure(outcomes.care_shares(ingredients), [230], caption)


def _pitfalls(pitfalls: pd.DataFrame) -> Iterator[Figure]:
    from twinproof.report.charts import outcomes

    if len(pitfalls):
        caption = f"The outcomes of {pitfalls['pitfall'].nunique()} pitfalls in each environment."
        yield figure(outcomes.pitfall_outcomes(pitfalls), [100], caption)


def _exchange(exchange: pd.DataFrame) -> Iterator[Figure]:
    from twinproof.report.charts import outcomes

    if len(exchange):
        caption = (
            "How many models, over all twins and formats, each environment reads correctly, by style and by "
            "the environment that wrote them."
        )
        yield figure(outcomes.exchange_shares(exchange), [100], caption)


def _faults(faults: pd.DataFrame) -> Iterator[Figure]:
    from twinproof.report.charts import outcomes

    if len(faults):
        caption = (
            f"How {faults['title'].nunique()} planted mistakes of {faults['mechanism'].nunique()} kinds are reported, "
            "by style: by an error, at once or later, by a warning, or not at all; construct includes the call that "
            "builds every style."
        )
        yield figure(outcomes.fault_catches(faults), [100], caption)


def _introspection(introspection: pd.DataFrame) -> Iterator[Figure]:
    from twinproof.report.charts import outcomes

    if len(introspection):
        caption = "How many checks of a model find the value that follows from the layers of the network, by style."
        yield figure(outcomes.check_outcomes(introspection), [100], caption)


def _code(code: pd.DataFrame) -> Iterator[Figure]:
    from twinproof.report.charts import outcomes

    if len(code):
        caption = "Statements, branches, distinct names and definitions of each twin in each style."
        yield figure(outcomes.code_size(code), [100], caption)


def exchange_counts(exchange: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield, for each writer and reader, how many models of each style are read correctly."""
    known = exchange[exchange["outcome"] != Kept.NOT_AVAILABLE]
    for (writer, reader), rows in known.groupby(["writer", "environment"], sort=False):
        right = rows["outcome"].isin(RIGHT).groupby(rows["style"], sort=False)
        yield {
            "writer": writer,
            "reader": reader,
            "styles": [(style, int(correct.sum()), len(correct)) for style, correct in right],
            "silent": int(rows["outcome"].eq(PitfallOutcome.SILENT).sum()),
        }
