"""The chart of the answer: what works in each style beside what it takes."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import altair as alt
import pandas as pd

from twinproof.analysis.quantities import in_order
from twinproof.analysis.rows.common import CELL
from twinproof.analysis.words import RIGHT, Check, Kept
from twinproof.base import numbers
from twinproof.base.words import ONE_NETWORK, Stage
from twinproof.report.charts.style import DASHES, FONT, STYLE_COLOURS, style_colours, styled
from twinproof.report.timing import in_reading_order

Tables = Mapping[str, pd.DataFrame]

# The question for each place where a model is loaded.
PLACES = {
    "same process": "loaded again",
    "fresh process, code at hand": "loaded in a fresh process",
    "fresh process, no code": "loaded without its code",
}
EARLY = (Stage.CONSTRUCT, Stage.COMPILE)
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
SHARES = [*CELL, "question", "style", "right", "known"]
# A ratio beyond this, or below its inverse, is written at the edge: drawn to scale, it would crowd those around 1.
FARTHEST = 2.0
RATIO = "times functional"
LANE = 10  # pixels for a ratio and its interval
ROW = 46  # pixels for a question


def answer_chart(shares: pd.DataFrame, ratios: pd.DataFrame, width: int = 330) -> Any:
    """Return a chart of the shares of what works in each style, beside the ratios of what it takes.

    Parameters
    ----------
    shares, ratios
        The results of `works` and `takes`. Whatever was not measured is left out.
    width
        Width of a panel, in pixels.

    Returns
    -------
    Chart
        Two panels side by side, or one; None if there is nothing to draw.
    """
    styles = [style for style in STYLE_COLOURS if style in {*shares["style"], *ratios["style"]}]
    panels = [
        *([_shares(shares, styles, width)] if len(shares) else []),
        *([_ratios(ratios, styles, width)] if len(ratios) else []),
    ]
    if not panels:
        return None
    return styled(
        alt.concat(*panels, columns=2, spacing=30),
        "The share of what works in each style, and the ratio to functional of what it takes",
    )


def works(tables: Tables) -> pd.DataFrame:
    """Return, for each twin, question and style, how many cases are `right` of those `known`."""
    passed = tables["twins"].loc[tables["twins"]["gate"].isin(ONE_NETWORK), CELL].drop_duplicates()
    rows = pd.concat([pd.DataFrame(columns=SHARES), *_counted(tables)]) if len(passed) else pd.DataFrame(columns=SHARES)
    return rows.astype({"right": int, "known": int}).merge(passed, on=CELL)[SHARES]


def takes(tables: Tables) -> pd.DataFrame:
    """Return the ratio to functional of each quantity, with its interval clipped to the axis."""
    timing = in_reading_order(tables["timing"]).dropna(subset="ratio")
    number = timing[["ratio", "low", "high"]].astype(float)
    beyond = ~number["ratio"].between(1 / FARTHEST, FARTHEST)
    # An interval without an end extends to the end of the axis.
    low, high = number["low"].fillna(0.0), number["high"].fillna(math.inf)
    return timing[[*CELL, "style", "quantity", "ratio", "verdict"]].assign(
        interval=[numbers.interval(*ends) for ends in zip(timing["low"], timing["high"], strict=True)],
        at=number["ratio"].clip(1 / FARTHEST, FARTHEST),
        low=low.clip(1 / FARTHEST, FARTHEST),
        high=high.clip(1 / FARTHEST, FARTHEST),
        beyond=number["ratio"].map("{:.2g}".format).where(beyond, ""),
    )


def _counted(tables: Tables) -> Iterator[pd.DataFrame]:
    """Yield the counts of each question, in the order in which the chart shows them."""
    learned = tables["accuracy"].dropna(subset="bit_equal")
    if len(learned):
        yield learned.assign(
            question="same weights after training", right=learned["bit_equal"].astype(int), known=learned["seeds"]
        )[SHARES]
    faults = tables["faults"]
    yield _count(faults, "mistakes caught before training", faults["stage"].isin(EARLY))
    checks = tables["introspection"]
    for when in ("constructed", "built"):
        rows = checks[(checks["when"] == when) & (checks["outcome"] != Check.NOT_AVAILABLE)]
        yield _count(rows, f"checks work once {when}", rows["outcome"] == Check.WORKS)
    kept = tables["serialization"][tables["serialization"]["outcome"] != Kept.NOT_AVAILABLE]
    for place, question in PLACES.items():
        rows = kept[kept["place"] == place]
        yield _count(rows, question, rows["outcome"].isin(RIGHT))
    read = tables["exchange"][tables["exchange"]["outcome"] != Kept.NOT_AVAILABLE]
    read = read[read["writer"] != read["environment"]]
    yield _count(read, "read by another version", read["outcome"].isin(RIGHT))


def _count(rows: pd.DataFrame, question: str, right: "pd.Series[bool]") -> pd.DataFrame:
    counted = rows.assign(right=right).groupby([*CELL, "style"], sort=False)["right"].agg(right="sum", known="size")
    return counted.reset_index().assign(question=question)[SHARES]


def _shares(shares: pd.DataFrame, styles: list[str], width: int) -> Any:
    """Return a dot for each style and question, joined by a line that shows the spread of the styles."""
    questions = list(dict.fromkeys(shares["question"]))
    # Where styles coincide, all stay visible: smaller dots are drawn on larger ones.
    sizes = dict(zip(styles, (240, 140, 75, 40), strict=False))
    base = (
        alt.Chart(shares)
        .transform_aggregate(right="sum(right)", known="sum(known)", groupby=["question", "style"])
        .transform_calculate(
            share="datum.right / datum.known",
            counted="datum.right + ' of ' + datum.known",
            size=f"{json.dumps(sizes)}[datum.style]",
        )
        .encode(
            y=alt.Y("question:N", title=None, sort=questions, axis=alt.Axis(grid=False, labelLimit=0, domain=False))
        )
    )
    span = base.mark_rule(opacity=0.35, aria=False).encode(x=alt.X("min(share):Q", title=None), x2="max(share):Q")
    axis = alt.Axis(format=".0%", tickCount=5)
    dots = base.mark_circle(opacity=1).encode(
        x=alt.X("share:Q", title="of what was tried", scale=alt.Scale(domain=[0, 1]), axis=axis),
        color=style_colours(styles),
        size=alt.Size("size:Q", scale=None, legend=None),
        order=alt.Order("size:Q", sort="descending"),
        tooltip=["question:N", "style:N", alt.Tooltip("share:Q", format=".0%"), "counted:N"],
    )
    return alt.layer(span, dots).properties(
        width=width, height=alt.Step(ROW), title=alt.Title("What works", anchor="start")
    )


def _ratios(ratios: pd.DataFrame, styles: list[str], width: int) -> Any:
    """Return a mark for each twin and style, each in its own lane within its quantity."""
    drawn = ratios.assign(lane=ratios["style"] + ", " + ratios["twin"] + ", " + ratios["environment"])
    twins = list(dict.fromkeys(drawn["twin"]))
    lanes = sorted(dict.fromkeys(drawn["lane"]), key=lambda lane: styles.index(lane.split(", ")[0]))
    base = alt.Chart(drawn).encode(
        y=alt.Y(
            "quantity:N",
            title=None,
            sort=in_order(drawn["quantity"]),
            axis=alt.Axis(grid=True, labelLimit=0, domain=False, tickBand="extent"),
        ),
        yOffset=alt.YOffset("lane:N", scale=alt.Scale(domain=lanes, range=[LANE / 2, LANE * (len(lanes) - 0.5)])),
        color=style_colours(styles),
        tooltip=[
            "twin:N",
            "environment:N",
            "quantity:N",
            "style:N",
            alt.Tooltip("ratio:Q", format=".3f"),
            "interval:N",
            "verdict:N",
        ],
    )
    axis = alt.Axis(format="~g", values=[0.5, 0.7, 1, 1.4, 2])
    x = alt.X(
        "at:Q",
        title=RATIO,
        scale=alt.Scale(type="log", domain=[1 / FARTHEST, FARTHEST], nice=False, padding=8),
        axis=axis,
    )
    inside, outside = (base.transform_filter(f"{sign}datum.beyond") for sign in ("!", "!!"))
    bars = inside.mark_rule(strokeWidth=2, opacity=0.6).encode(x=alt.X("low:Q", title=RATIO), x2="high:Q")
    legend = alt.Legend(orient="top") if len(twins) > 1 else None
    shapes = alt.Shape("twin:N", title=None, scale=alt.Scale(domain=twins, range=SHAPES[: len(twins)]), legend=legend)
    points = inside.mark_point(filled=True, size=34, opacity=1).encode(x=x, shape=shapes)
    text: dict[str, Any] = {"fontSize": 9, "font": FONT}
    left, right = "\N{BLACK LEFT-POINTING SMALL TRIANGLE}", "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}"
    below = outside.transform_filter("datum.ratio < 1").transform_calculate(told=f"'{left} ' + datum.beyond")
    above = outside.transform_filter("datum.ratio > 1").transform_calculate(told=f"datum.beyond + ' {right}'")
    figures = [
        below.mark_text(align="left", **text).encode(x=x, text="told:N"),
        above.mark_text(align="right", **text).encode(x=x, text="told:N"),
    ]
    reference_line = (
        alt.Chart(drawn)
        .transform_aggregate(groupby=["nothing"])
        .mark_rule(strokeDash=DASHES[3], aria=False)
        .encode(x=alt.datum(1.0))
    )
    return alt.layer(reference_line, bars, points, *figures).properties(
        width=width,
        height=alt.Step(LANE * (len(lanes) + 1), **{"for": "position"}),
        title=alt.Title("What it takes", anchor="start"),
    )
