"""The rows of learning: what each style learned, and the accuracies over seeds."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from twinproof.analysis.rows.common import CELL, ORDER, CellRow, RecordTables, StyleRow, styles_of
from twinproof.analysis.statistics.means import mean_interval
from twinproof.base.styles import Style
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class LearningRow(CellRow):
    """What a style learned in one trial; `bit_equal` says whether its weights equal functional's."""

    replicate: int
    seed: int
    style: str
    status: str
    test_accuracy: float | None
    test_loss: float | None
    seconds: float | None
    weights: str | None
    bit_equal: bool | None
    error: str | None


@dataclass(frozen=True, kw_only=True)
class EpochRow(StyleRow):
    """An epoch of a style, counted from 1."""

    epoch: int
    loss: float
    accuracy: float | None
    validation_loss: float
    validation_accuracy: float | None
    seconds: float
    weights: str


@dataclass(frozen=True, kw_only=True)
class AccuracyRow(CellRow):
    """The accuracy and the loss of a style over all seeds; functional has no difference from functional.

    A network that does not classify has no accuracy.
    """

    style: str
    seeds: int
    failed: int
    test_accuracy: float
    low: float
    high: float
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    test_loss: float
    loss_low: float
    loss_high: float
    loss_difference: float | None = None
    loss_difference_low: float | None = None
    loss_difference_high: float | None = None
    bit_equal: int | None = None


# The fields of an accuracy row that compare a style with functional.
DIFFERENCES = [name for name in AccuracyRow.__dataclass_fields__ if "difference" in name or name == "bit_equal"]


def learning_rows(record: Record) -> Iterator[LearningRow]:
    """Yield one row for each style."""
    reference = record["styles"][Style.FUNCTIONAL].get("result", {}).get("weights")
    for key, ended, result in styles_of(record):
        comparable = key["style"] != Style.FUNCTIONAL and reference is not None and result
        yield LearningRow(
            **key,
            **ended,
            seed=record["seed"],
            test_accuracy=result.get("test_accuracy"),
            test_loss=result.get("test_loss"),
            seconds=result.get("seconds"),
            weights=result.get("weights"),
            bit_equal=result["weights"] == reference if comparable else None,
        )


def epoch_rows(record: Record) -> Iterator[EpochRow]:
    """Yield one row for each epoch of each style."""
    for key, _, result in styles_of(record):
        for number, epoch in enumerate(result.get("epochs", []), 1):
            yield EpochRow(
                **key,
                epoch=number,
                loss=epoch["loss"],
                accuracy=epoch["accuracy"],
                validation_loss=epoch["validation_loss"],
                validation_accuracy=epoch["validation_accuracy"],
                seconds=epoch["seconds"],
                weights=epoch["weights"],
            )


def accuracy_rows(learning: pd.DataFrame) -> Iterator[AccuracyRow]:
    """Yield one row for each style of each twin: its mean over seeds, and its mean difference from functional."""
    for cell, rows in learning.groupby(CELL, sort=False):
        environment, twin = map(str, cell)
        accuracy, loss = (
            rows.pivot(index="replicate", columns="style", values=measure).astype(float)
            for measure in ("test_accuracy", "test_loss")
        )
        for style in (style for style in ORDER if style in loss):
            measured, lost = (mean_interval(values[style].dropna().tolist()) for values in (accuracy, loss))
            row = AccuracyRow(
                environment=environment,
                twin=twin,
                style=style,
                seeds=int(loss[style].count()),
                failed=int(loss[style].isna().sum()),
                test_accuracy=measured.mean,
                low=measured.low,
                high=measured.high,
                test_loss=lost.mean,
                loss_low=lost.low,
                loss_high=lost.high,
            )
            if style != Style.FUNCTIONAL:
                paired, more = (
                    mean_interval((values[style] - values["functional"]).dropna().tolist())
                    for values in (accuracy, loss)
                )
                row = replace(
                    row,
                    difference=paired.mean,
                    difference_low=paired.low,
                    difference_high=paired.high,
                    loss_difference=more.mean,
                    loss_difference_low=more.low,
                    loss_difference_high=more.high,
                    bit_equal=int(rows.loc[rows["style"] == style, "bit_equal"].eq(True).sum()),
                )
            yield row


TABLES: RecordTables = {"learning": (LearningRow, learning_rows), "learning_epochs": (EpochRow, epoch_rows)}
