"""The timing section of the page, by environment. It answers "Does a style cost time?"."""

import json
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import pandas as pd

from twinproof.analysis.words import TimingVerdict
from twinproof.base import numbers
from twinproof.report.page.figures import figure
from twinproof.report.page.rows import Rows
from twinproof.report.timing import counts, in_reading_order
from twinproof.report.timing_quality import quality
from twinproof.study.params import Params


def timing_sections(timing: pd.DataFrame, measuring: pd.DataFrame, params: Params) -> Rows:
    """Return, for each timed environment, verdict counts, reasons, figures, rows and measurement quality.

    Parameters
    ----------
    timing, measuring
        The tables timing and timing_quality.
    params
        The parameters of the study, which give the depth of each twin.
    """
    return [
        {
            "environment": str(environment),
            "counts": list(counts(rows)),
            "reasons": list(reasons(rows)),
            "figures": list(_figures(str(environment), rows, params)),
            "rows": _table(rows),
            "quality": quality(rows, measuring[measuring["environment"] == environment]),
            "answers": list(rows["answer"]),
        }
        for environment, rows in in_reading_order(timing).groupby("environment", sort=False)
    ]


def reasons(timing: pd.DataFrame) -> Iterator[str]:
    """Yield a sentence for each reason for a missing verdict, with its quantities."""
    unjudged = timing[timing["verdict"] == TimingVerdict.NO_VERDICT]
    for (twin, reason), rows in unjudged.groupby(["twin", "reason"], sort=False):
        yield f"No verdict on {', '.join(rows['quantity'].unique())} of {twin}, because {reason}."


def depths(params: Params, timed: set[str]) -> list[dict[str, int]]:
    """Return the depths of each family of timed twins: twins that differ only in their depth."""
    families: dict[str, dict[str, int]] = {}
    for twin, asked in params.twins.items():
        others = dict(asked.arguments)
        depth = others.pop("depth", None)
        if twin in timed and isinstance(depth, int):
            families.setdefault(json.dumps([asked.module, others], sort_keys=True), {})[twin] = depth
    return [family for family in families.values() if len(set(family.values())) > 1]


def _figures(environment: str, timing: pd.DataFrame, params: Params) -> Iterator[dict[str, Any]]:
    """Yield the forest plot of one environment, and the growth with depth of each family of twins."""
    from twinproof.report.charts import timing as timing_charts

    caption = (
        f"Ratio of each quantity to functional in {environment}, with its 95 % interval over processes: "
        "the shade is the margin within which a difference does not matter, crosses are functional against itself, "
        "diamonds are functional with an additional operation, whose size the dash marks, and values "
        "beyond the axis are written at its edge."
    )
    yield figure(timing_charts.timing_forest(timing), [120], caption, environment)
    times = timing[timing["unit"] == "seconds"]
    for family in depths(params, set(times["twin"])):
        module = params.twins[next(iter(family))].module
        listing = ", ".join(f"{depth} in {twin}" for twin, depth in sorted(family.items(), key=itemgetter(1)))
        caption = (
            f"These ratios by the depth of {module} in {environment}, which is {listing}; the line at 1 is functional."
        )
        # One axis for each panel.
        yield figure(timing_charts.growth_with_depth(times, family), [150], caption, environment)
        caption = (
            f"The extra time over functional, by the depth of {module} in {environment}, "
            "computed from these ratios. The line at 0 is functional."
        )
        yield figure(timing_charts.differences_with_depth(times, family), [150], caption, environment)


def _table(timing: pd.DataFrame) -> Rows:
    return [
        {
            **{key: row[key] for key in ("twin", "style", "quantity", "verdict", "graph")},
            "functional": numbers.amount(row["functional"], row["unit"]),
            "taken": numbers.amount(row["taken"], row["unit"]),
            "processes": int(row["processes"]),
            "outliers": int(row["outliers"]),
            "further": None if pd.isna(row["further"]) else int(row["further"]),
            "added": "unknown size" if pd.isna(row["added"]) else numbers.percent(row["added"]),
            # Sort keys.
            "order": {
                key: 0 if pd.isna(row[key]) else row[key]
                for key in ("functional", "taken", "ratio", "control", "slowed")
            },
            **{
                ratio: "not measured"
                if pd.isna(row[ratio])
                else f"{row[ratio]:.3f} {numbers.interval(row[low], row[high])}"
                for ratio, low, high in (
                    ("ratio", "low", "high"),
                    ("control", "control_low", "control_high"),
                    ("slowed", "slowed_low", "slowed_high"),
                )
            },
        }
        for row in timing.to_dict("records")
    ]
