"""Charts of outcomes: how many of each kind, and which share is right, by environment and style."""

from typing import Any

import altair as alt
import pandas as pd

from twinproof.analysis.words import RIGHT, Catch, Kept
from twinproof.base.styles import INGREDIENTS, STYLES
from twinproof.base.words import STAGES
from twinproof.report.charts.style import style_colours, styled
from twinproof.report.matrices import KINDS

# The label and the colour of each kind of outcome.
LABELS = {"good": "right", "loud": "an error or a warning", "bad": "silently wrong", "quiet": "not available"}
COLOURS = {"good": "#009e73", "loud": "#e69f00", "bad": "#d6403a", "quiet": "#8c8c8c"}
# From a mistake that raises an error at once to one that goes unnoticed.
CATCHES = [*(f"error, {stage}" for stage in STAGES[:-1]), str(Catch.WARNING), str(Catch.SILENCE)]
CATCH_COLOURS = ["#009e73", "#7bc8a4", "#b5d99c", "#f0d58c", "#e69f00", "#d6403a"]
BAR = 26  # pixels


def kept_shares(serialization: pd.DataFrame) -> Any:
    """Return the share of twins on which each operation is right, by style, one panel for each environment."""
    rows = _right(serialization).assign(done=serialization["operation"] + ", " + serialization["place"])
    return styled(
        _heat(rows, "style", alt.Y("done:N", title=None, sort=None, axis=alt.Axis(labelLimit=0)), "environment"),
        "The share of twins on which each operation is right, by style and environment",
    )


def care_shares(ingredients: pd.DataFrame) -> Any:
    """Return how many operations are right on the class with each set of ingredients, by environment."""
    has = ingredients[list(INGREDIENTS)].astype(bool)
    named = [", ".join(name for name in INGREDIENTS if row[name]) or "none of them" for row in has.to_dict("records")]
    rows = _right(ingredients).assign(care=named)
    y = alt.Y("care:N", title="the class has", sort=None, axis=alt.Axis(labelLimit=0))
    return styled(
        _heat(rows, "environment", y, "twin"), "How many operations are correct for the class by set of ingredients"
    )


def exchange_shares(exchange: pd.DataFrame) -> Any:
    """Return the share of each environment's models that another reads correctly, one panel for each reader."""
    rows = _right(exchange).assign(reader="read in " + exchange["environment"])
    y = alt.Y("writer:N", title="written in", sort=None, axis=alt.Axis(labelLimit=0))
    return styled(
        _heat(rows, "style", y, "reader"), "The share of each environment's files that are read correctly, by style"
    )


def fault_catches(faults: pd.DataFrame) -> Any:
    """Return how planted mistakes are reported, errors by stage, by style, one panel for each environment."""
    caught = faults["caught"].where(faults["caught"] != Catch.ERROR, "error, " + faults["stage"])
    rows = faults[["environment", "twin", "style", "title"]].assign(caught=caught, place=caught.map(CATCHES.index))
    colour = _legend("caught", CATCHES, CATCH_COLOURS)
    return styled(_bars(rows, "style", colour, "environment"), "How planted mistakes are reported, by style")


def check_outcomes(introspection: pd.DataFrame) -> Any:
    """Return how many checks work, by style, one panel for each environment and state of the model."""
    rows = introspection[["environment", "twin", "style", "check"]].assign(
        kind=_kinds(introspection), panel=introspection["environment"] + ", once " + introspection["when"]
    )
    return styled(_bars(_ranked(rows), "style", _kind(), "panel"), "How many checks work, by style")


def pitfall_outcomes(pitfalls: pd.DataFrame) -> Any:
    """Return how many pitfalls end in each kind of outcome, by environment."""
    rows = pitfalls[["environment", "twin", "style", "title"]].assign(kind=_kinds(pitfalls), panel="all pitfalls")
    return styled(_bars(_ranked(rows), "environment", _kind(), "panel"), "The outcomes of pitfalls, by environment")


def code_size(code: pd.DataFrame) -> Any:
    """Return statements, branches, names and definitions of each twin in each style, one panel for each."""
    measures = ["lines", "branches", "names", "definitions"]
    rows = code.melt(["twin", "style"], measures, "measure", "count")
    styles = [style for style in STYLES if style in set(rows["style"])]
    chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("count:Q", title=None, axis=_whole()),
            y=alt.Y("twin:N", title=None, sort=list(dict.fromkeys(rows["twin"]))),
            yOffset=alt.YOffset("style:N", sort=styles),
            color=style_colours(styles),
            tooltip=["twin:N", "style:N", "measure:N", "count:Q"],
        )
        .properties(width=260, height=alt.Step(8 * (len(styles) + 1), **{"for": "position"}))
        .facet(facet=alt.Facet("measure:N", title=None, sort=measures), columns=4)
        .resolve_scale(x="independent")
    )
    return styled(chart, "How much code each style takes")


def _right(cells: pd.DataFrame) -> pd.DataFrame:
    """Return whether each outcome is right, and whether it is known; what is not available is neither."""
    known = cells["outcome"] != Kept.NOT_AVAILABLE
    shown = [name for name in ("environment", "writer", "twin", "style") if name in cells]
    return cells[shown].assign(right=cells["outcome"].isin(RIGHT).astype(int), known=known.astype(int))


def _counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each distinct row with its count, to keep the page small: most replicates agree."""
    return rows.groupby(list(rows.columns), sort=False, dropna=False).size().reset_index(name="count")


def _heat(rows: pd.DataFrame, x: str, y: alt.Y, panel: str) -> Any:
    """Return a heat map for each value of `panel`, with the share in each cell as text and as shade."""
    row = y.shorthand.removesuffix(":N")
    rows = _counted(rows)
    rows = rows.assign(right=rows["right"] * rows["count"], known=rows["known"] * rows["count"])
    across = list(dict.fromkeys(rows[x]))
    if x == "style":
        across.sort(key=STYLES.index)
    base = (
        alt.Chart(rows)
        .transform_aggregate(right="sum(right)", known="sum(known)", groupby=[row, x, panel])
        .transform_calculate(
            share="datum.known ? datum.right / datum.known : null",
            told="datum.known ? datum.right + '/' + datum.known : '\N{EN DASH}'",
        )
        .encode(x=alt.X(f"{x}:N", title=None, sort=across, axis=_slanted()), y=y)
    )
    # The text must be readable on its cell, on a light and on a dark page.
    shade = alt.Scale(domain=[0, 0.5, 1], range=["#e58a7b", "#f3e6bd", "#7fc8a9"])
    cells = base.mark_rect(stroke="transparent", strokeWidth=2).encode(
        color=alt.condition(
            "isValid(datum.share)",
            alt.Color(
                "share:Q", title="right", scale=shade, legend=alt.Legend(format=".0%", orient="top", gradientLength=160)
            ),
            alt.value("transparent"),
        ),
        tooltip=[f"{row}:N", f"{x}:N", alt.Tooltip("told:N", title="right")],
    )
    figures = base.mark_text(fontSize=10).encode(
        text="told:N",
        color=alt.condition("isValid(datum.share)", alt.value("#14181d"), alt.value("currentColor")),
    )
    return (
        alt.layer(cells, figures)
        .properties(width=260, height=alt.Step(18))
        .facet(facet=alt.Facet(f"{panel}:N", title=None, sort=list(dict.fromkeys(rows[panel]))), columns=3)
        .resolve_scale(x="independent")
    )


def _bars(rows: pd.DataFrame, y: str, colour: alt.Color, panel: str) -> Any:
    """Return a panel for each value of `panel`: a bar for each value of `y`, divided by colour."""
    part = colour.shorthand.removesuffix(":N")
    rows = _counted(rows)
    chart = (
        alt.Chart(rows)
        .transform_aggregate(count="sum(count)", place="min(place)", groupby=[y, part, panel])
        .transform_joinaggregate(every="sum(count)", groupby=[y, panel])
        .transform_calculate(told="datum.count + ' of ' + datum.every")
        .mark_bar(height=BAR - 8)
        .encode(
            x=alt.X("count:Q", title=None, axis=_whole()),
            y=alt.Y(f"{y}:N", title=None, sort=list(dict.fromkeys(rows[y])), axis=alt.Axis(labelLimit=0)),
            color=colour,
            order="place:Q",
            tooltip=[f"{y}:N", f"{part}:N", alt.Tooltip("told:N", title="count")],
        )
    )
    return chart.properties(width=260, height=alt.Step(BAR)).facet(
        facet=alt.Facet(f"{panel}:N", title=None, sort=list(dict.fromkeys(rows[panel]))), columns=3
    )


def _slanted() -> alt.Axis:
    """Return an axis of names, which are slanted in a narrow panel."""
    narrow = "child_width < 240"
    angle, align, baseline = (
        alt.ExprRef(f"{narrow} ? {slanted} : {straight}")
        for slanted, straight in ((-40, 0), ("'left'", "'center'"), ("'middle'", "'bottom'"))
    )
    return alt.Axis(orient="top", ticks=False, labelAngle=angle, labelAlign=align, labelBaseline=baseline)


def _whole() -> alt.Axis:
    """Return an axis of counts, labelled at whole numbers only."""
    return alt.Axis(tickCount=5, labelExpr="datum.value == round(datum.value) ? datum.label : ''")


def _kinds(cells: pd.DataFrame) -> "pd.Series[str]":
    return cells["outcome"].map(lambda outcome: LABELS[KINDS.get(outcome, "quiet")])


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(place=rows["kind"].map(list(LABELS.values()).index))


def _kind() -> alt.Color:
    return _legend("kind", list(LABELS.values()), [COLOURS[kind] for kind in LABELS])


def _legend(name: str, values: list[str], colours: list[str]) -> alt.Color:
    return alt.Color(
        f"{name}:N",
        title=None,
        scale=alt.Scale(domain=values, range=colours),
        legend=alt.Legend(orient="top", labelLimit=0, symbolType="square"),
    )
