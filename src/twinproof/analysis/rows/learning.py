"""The rows of learning: what each style learned, and the accuracies over seeds."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from twinproof.analysis.columns import CELL
from twinproof.analysis.rows.common import ORDER, styles_of
from twinproof.analysis.statistics.means import mean_interval
from twinproof.study.record import Record


def learning_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each style."""
    reference = record["styles"]["functional"].get("result", {}).get("weights")
    for shared, status, result in styles_of(record):
        comparable = shared["style"] != "functional" and reference is not None and result
        measured = {key: result.get(key) for key in ("test_accuracy", "test_loss", "seconds", "weights")}
        yield {
            **shared,
            **status,
            **measured,
            "seed": record["seed"],
            "bit_equal": result["weights"] == reference if comparable else None,
        }


def accuracy_rows(learning: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield one row for each style of each twin: its mean over seeds, and its mean difference from functional."""
    for (environment, twin), cell in learning.groupby(CELL, sort=False):
        accuracy = cell.pivot(index="replicate", columns="style", values="test_accuracy").astype(float)
        for style in (style for style in ORDER if style in accuracy):
            measured = mean_interval(accuracy[style].dropna().tolist())
            row = {
                "environment": environment,
                "twin": twin,
                "style": style,
                "seeds": int(accuracy[style].count()),
                "failed": int(accuracy[style].isna().sum()),
                "test_accuracy": measured.mean,
                "low": measured.low,
                "high": measured.high,
            }
            if style != "functional":
                paired = mean_interval((accuracy[style] - accuracy["functional"]).dropna().tolist())
                row |= {
                    "difference": paired.mean,
                    "difference_low": paired.low,
                    "difference_high": paired.high,
                    "bit_equal": str(int(cell.loc[cell["style"] == style, "bit_equal"].eq(True).sum())),
                }
            yield row
