"""Charts of the timings."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from twinproof.analysis.quantities import CONTROLS, in_order
from twinproof.base import numbers
from twinproof.report.charts.style import COLOURS, FONT, PARTICIPANTS, SHAPES, ZOOM, scale_of, styled

# A ratio beyond this, or below its inverse, is written at the edge: drawn to scale, it would crowd those around 1.
FARTHEST = 1.6
RATIO = "times functional"
LINE = 12  # pixels for a ratio and its interval


def timing_forest(timing: pd.DataFrame, width: int = 260, columns: int = 3) -> Any:
    """Return the ratio of each quantity to functional with its interval, controls beside it, one panel for each twin.

    Parameters
    ----------
    timing
        The table timing of one environment, or its rows of one twin.
    width, columns
        Width of a panel in pixels; number of panels in a row.
    """
    drawn, ends = _within_reach(_effects(timing))
    styles = [style for style in PARTICIPANTS if style in set(drawn["style"])]
    scale = alt.Scale(type="log", domain=list(ends), nice=False)
    label_expression = "{control: 'functional again', slowed: 'functional, slowed'}[datum.label] || datum.label"
    legend = alt.Legend(title=None, orient="top", labelLimit=0, labelExpr=label_expression, columnPadding=20)
    fields = [
        "twin",
        "quantity",
        "style",
        "functional",
        "ratio",
        "interval",
        "drawn",
        "processes",
        "outliers",
        "verdict",
    ]
    # The renderer of the notebooks underestimates the width of the names.
    names = alt.Axis(grid=False, labelLimit=0, minExtent=100)
    base = alt.Chart(drawn)
    rows = base.encode(
        y=alt.Y("quantity:N", title=None, sort=in_order(drawn["quantity"]), axis=names),
        yOffset=alt.YOffset("style:N", scale=alt.Scale(domain=styles, range=[LINE / 2, LINE * (len(styles) + 0.5)])),
        color=alt.Color("style:N", scale=scale_of(styles, COLOURS), legend=legend),
        tooltip=[alt.Tooltip(f"{name}:N") for name in fields],
    )
    # One shade for all styles: several would add up to a darker one. A reader chooses which styles remain.
    margins = base.transform_aggregate(
        margin_low="min(margin_low)", margin_high="max(margin_high)", groupby=["twin", "quantity"]
    ).mark_rect(color="currentColor", opacity=0.1, aria=False)
    reference_line = base.transform_aggregate(groupby=["twin"]).mark_rule(opacity=0.5, aria=False)
    known = rows.transform_filter("datum.style == 'slowed' && isValid(datum.known)").mark_tick(thickness=2, size=LINE)
    moved = alt.selection_interval(name="moved", bind="scales", encodings=["x"], zoom=ZOOM)
    points = rows.transform_filter("datum.inside").mark_point(filled=True, size=60, opacity=1).add_params(moved)
    below, above = (rows.transform_filter(f"datum.{side}") for side in ("beyond_low", "beyond_high"))
    text: dict[str, Any] = {"font": FONT, "fontSize": 10}
    axis = alt.Axis(format="~g", values=_ticks(*ends))
    return styled(
        alt.layer(
            margins.encode(x=alt.X("margin_low:Q", scale=scale), x2="margin_high:Q", y=rows.encoding.y),
            reference_line.encode(x=alt.datum(1.0)),
            rows.mark_rule(strokeWidth=2).encode(x=alt.X("from:Q", title=RATIO, axis=axis, scale=scale), x2="to:Q"),
            known.encode(x=alt.X("known:Q", scale=scale), color=alt.value("currentColor")),
            points.encode(
                x=alt.X("at:Q", scale=scale), shape=alt.Shape("style:N", scale=scale_of(styles, SHAPES), legend=legend)
            ),
            below.mark_text(align="left", **text).encode(x=alt.datum(ends[0]), text="beyond_low"),
            above.mark_text(align="right", **text).encode(x=alt.datum(ends[1]), text="beyond_high"),
        )
        .properties(width=width, height=alt.Step(LINE * (len(styles) + 1), **{"for": "position"}))
        .facet(facet=alt.Facet("twin:N", title=None, sort=list(drawn["twin"].unique())), columns=columns),
        "Ratio of each quantity to functional with its 95 % interval, for each style and both controls",
    )


def process_ratios(processes: pd.DataFrame, width: int = 220, columns: int = 3) -> Any:
    """Return the ratio to functional in each process of one twin, one panel for each quantity.

    Parameters
    ----------
    processes
        The table timing_processes of one environment and twin.
    width, columns
        Width of a panel in pixels; number of panels in a row.
    """
    drawn = processes.dropna(subset="log_ratio")[["replicate", "style", "quantity", "rounds", "log_ratio"]]
    drawn["ratio"] = np.exp(drawn.pop("log_ratio").astype(float))
    styles = [style for style in PARTICIPANTS if style in set(drawn["style"])]
    base = alt.Chart(drawn).encode(
        x=alt.X("ratio:Q", title=RATIO, axis=alt.Axis(format="~g", tickCount=4)).scale(
            type="log", nice=False, zero=False, padding=8
        ),
        y=alt.Y("style:N", title=None, sort=styles, axis=alt.Axis(grid=False)),
        color=alt.Color("style:N", scale=scale_of(styles, COLOURS), legend=None),
    )
    # In the order in which they ran, so that a drift is visible.
    dots = base.mark_point(filled=True, size=20, opacity=0.7).encode(
        yOffset=alt.YOffset("replicate:Q", scale=alt.Scale(zero=False, nice=False)),
        tooltip=["style:N", "replicate:Q", alt.Tooltip("ratio:Q", format=".4f"), "rounds:Q"],
    )
    reference_line = alt.Chart(drawn).mark_rule(opacity=0.5, aria=False).encode(x=alt.datum(1.0))
    return styled(
        alt.layer(reference_line.transform_aggregate(groupby=["quantity"]), dots)
        .properties(width=width, height=alt.Step(40))
        .facet(facet=alt.Facet("quantity:N", title=None, sort=in_order(drawn["quantity"])), columns=columns)
        .resolve_scale(x="independent"),
        "Ratio to functional in each process, for each quantity, style and control",
    )


def growth_with_depth(timing: pd.DataFrame, depths: Mapping[str, int]) -> Any:
    """Return how ratios to functional change with the depth of a network, one panel for each quantity.

    Parameters
    ----------
    timing
        The rows of the table timing of one environment, times only.
    depths
        The depth of each twin to show.
    """
    drawn = _growing(timing, depths)
    labels = [f"{ratio:.3f} {ends}" for ratio, ends in zip(drawn["ratio"], drawn["interval"], strict=True)]
    shown = drawn.assign(shown=drawn["ratio"], shown_low=drawn["low"], shown_high=drawn["high"], said=labels)
    return styled(
        _by_depth(shown, 1.0, RATIO, alt.Axis(tickCount=5)),
        "Ratio to functional by depth of the network, for each quantity and style",
    )


def differences_with_depth(timing: pd.DataFrame, depths: Mapping[str, int]) -> Any:
    """Return the same chart in seconds beyond functional's median, computed from the ratios."""
    drawn = _growing(timing, depths)
    beyond = {
        name: drawn["functional"] * (drawn[of] - 1)
        for name, of in {"shown": "ratio", "shown_low": "low", "shown_high": "high"}.items()
    }
    labels = [numbers.amount(value, "seconds") for value in beyond["shown"]]
    axis = alt.Axis(tickCount=5, labelExpr="format(datum.value, '~s') + 's'")
    return styled(
        _by_depth(drawn.assign(**beyond, said=labels), 0.0, "beyond functional", axis),
        "Extra time over functional by depth of the network, for each quantity and style",
    )


def _growing(timing: pd.DataFrame, depths: Mapping[str, int]) -> pd.DataFrame:
    drawn = timing.loc[
        timing["twin"].isin(list(depths)),
        ["twin", "style", "quantity", "functional", "ratio", "low", "high", "verdict"],
    ]
    drawn = drawn.assign(depth=drawn["twin"].map(dict(depths)), interval=_intervals(drawn))
    # An interval without finite ends is written, not drawn.
    endless = [not numbers.is_finite(*ends) for ends in zip(drawn["low"], drawn["high"], strict=True)]
    drawn.loc[endless, ["low", "high"]] = None
    return drawn


def _by_depth(drawn: pd.DataFrame, functional: float, title: str, axis: alt.Axis) -> Any:
    """Draw the column `shown` with its interval, and a line at functional."""
    styles = [style for style in PARTICIPANTS if style in set(drawn["style"])]
    base = alt.Chart(drawn).encode(
        x=alt.X("depth:Q", axis=alt.Axis(format="d", grid=False, values=sorted(set(drawn["depth"])))).scale(
            zero=False, nice=False, padding=12
        ),
        y=alt.Y("shown:Q", title=title, axis=axis).scale(zero=False, padding=8),
        color=alt.Color(
            "style:N", scale=scale_of(styles, COLOURS), legend=alt.Legend(title=None, orient="top", symbolOpacity=1)
        ),
        tooltip=["twin:N", "style:N", "depth:Q", alt.Tooltip("said:N", title=title), "verdict:N"],
    )
    bars = base.transform_filter("isValid(datum.shown_low)").mark_rule(strokeWidth=2)
    line = (
        alt.Chart(drawn)
        .mark_rule(opacity=0.5, aria=False)
        .transform_aggregate(groupby=["quantity"])
        .encode(y=alt.datum(functional))
    )
    return (
        alt.layer(
            line,
            base.mark_line(opacity=0.5),
            bars.encode(y=alt.Y("shown_low:Q", title=title), y2="shown_high:Q"),
            base.mark_point(filled=True, size=55, opacity=1),
        )
        .properties(width=260, height=180)
        .facet(facet=alt.Facet("quantity:N", title=None, sort=in_order(drawn["quantity"])), columns=3)
        .resolve_scale(y="independent")
    )


def _effects(timing: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each ratio of a style, and one for each control, which the styles share."""
    shared = timing[["twin", "quantity", "unit", "functional", "margin", "added"]]
    effects = [shared.join(timing[["style", "ratio", "low", "high", "processes", "outliers", "verdict"]])]
    first = timing.drop_duplicates(["twin", "quantity"])
    for name, purpose in zip(CONTROLS, ("should be 1", "should be found"), strict=True):
        ends = {end: first[f"{name}_{end}"] for end in ("low", "high")}
        effects.append(shared.loc[first.index].assign(style=name, ratio=first[name], **ends, verdict=purpose))
    return pd.concat([rows.astype(object) for rows in effects], ignore_index=True).dropna(subset="ratio")


def _within_reach(effects: pd.DataFrame) -> tuple[pd.DataFrame, tuple[float, float]]:
    """Return `_effects` clipped to the axis, and the ends of the axis."""
    number = effects[["ratio", "low", "high", "margin", "added"]].astype(float)
    low, high = number["low"].fillna(0.0), number["high"].fillna(np.inf)
    known, margin = 1 + number["added"], 1 + number["margin"]
    plotted = pd.concat([number["ratio"], known, margin, 1 / margin])
    # A wide interval must not crowd the others.
    lowest = max(min(plotted.min(), low.min()), plotted.min() / 1.1, 1 / FARTHEST) / 1.03
    highest = min(max(plotted.max(), high.max()), plotted.max() * 1.1, FARTHEST) * 1.03
    inside = number["ratio"].between(lowest, highest)
    figures = number["ratio"].map("{:.2f}".format).where(~inside, "")
    cut_low, cut_high = low < lowest, high > highest
    drawn = effects[["twin", "quantity", "style", "verdict"]].copy()
    # For the tooltip.
    drawn["functional"] = [numbers.amount(*pair) for pair in zip(effects["functional"], effects["unit"], strict=True)]
    for column in ("processes", "outliers"):
        drawn[column] = effects[column].map(lambda count: "see the styles" if pd.isna(count) else f"{count:.0f}")
    drawn["ratio"], drawn["interval"] = number["ratio"].map("{:.3f}".format), _intervals(number)
    drawn["drawn"] = np.where(cut_low | cut_high, "as far as the axis goes", "whole")
    # For the marks, which stay inside their panel.
    drawn["at"], drawn["inside"] = number["ratio"], inside
    drawn["from"], drawn["to"] = low.clip(lowest, highest), high.clip(lowest, highest)
    drawn["known"] = known.where(known <= highest)
    drawn["margin_low"], drawn["margin_high"] = (1 / margin).clip(lower=lowest), margin.clip(upper=highest)
    # A ratio and its interval beyond one edge are written there, and not at the other.
    drawn["beyond_low"] = ("\N{BLACK LEFT-POINTING SMALL TRIANGLE} " + figures).where(
        cut_low & (number["ratio"] <= highest), ""
    )
    drawn["beyond_high"] = (figures + " \N{BLACK RIGHT-POINTING SMALL TRIANGLE}").where(
        cut_high & (number["ratio"] >= lowest), ""
    )
    return drawn, (float(lowest), float(highest))


def _ticks(lowest: float, highest: float) -> list[float]:
    """Return the ticks of a logarithmic axis around 1; Vega marks only whole multiples of a power of ten."""
    step = next(step for step in (1, 2, 5, 10, 20, 50) if (highest - lowest) * 100 / step < 7)
    return [tick / 100 for tick in range(0, 1000, step) if lowest <= tick / 100 <= highest]


def _intervals(ratios: pd.DataFrame) -> list[str]:
    return [numbers.interval(*ends) for ends in zip(ratios["low"], ratios["high"], strict=True)]
