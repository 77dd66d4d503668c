"""The timings as the page and the notebooks show them: their order, and the count of each verdict."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from twinproof.analysis.quantities import in_order
from twinproof.analysis.rows.common import CELL
from twinproof.analysis.words import TimingVerdict

# The label of each verdict in the counts.
VERDICTS = {verdict: str(verdict) for verdict in TimingVerdict} | {
    TimingVerdict.NO_VERDICT: "without verdict",
    TimingVerdict.PART: "not judged because they are parts of others",
}


def in_reading_order(timing: pd.DataFrame) -> pd.DataFrame:
    """Return the rows ordered by twin, style and quantity, the quantities in their usual order."""

    def places(names: pd.Series) -> pd.Series:
        listed = in_order(names) if names.name == "quantity" else names.unique()
        return names.map({name: place for place, name in enumerate(listed)})

    return timing.sort_values([*CELL, "style", "quantity"], key=places, ignore_index=True)


def counts(timing: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield, for each twin and style, its verdicts with the quantities that have them."""
    for (twin, style), rows in timing.groupby(["twin", "style"], sort=False):
        by_verdict = {
            label: rows.loc[rows["verdict"] == verdict, "quantity"].tolist() for verdict, label in VERDICTS.items()
        }
        verdicts = [(verdict, quantities) for verdict, quantities in by_verdict.items() if quantities]
        yield {"twin": twin, "style": style, "verdicts": verdicts, "quantities": len(rows)}


def summary(timing: pd.DataFrame) -> Iterator[str]:
    """Yield `counts` as sentences."""
    for row in counts(timing):
        parts = [f"{len(quantities)} {verdict} ({', '.join(quantities)})" for verdict, quantities in row["verdicts"]]
        yield f"{row['twin']}, {row['style']} against functional: {', '.join(parts)}."
