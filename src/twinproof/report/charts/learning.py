"""Charts of training: learning curves, and accuracies compared with functional."""

from typing import Any

import altair as alt
import pandas as pd

from twinproof.analysis.statistics.means import mean_interval
from twinproof.report.charts.style import COLOURS, DASHES, PARTICIPANTS, SIZES, WIDTHS, ZOOM, scale_of, styled

KEYS = ["environment", "twin", "replicate", "style"]
# The most and fewest replicates drawn of each twin, and the most of all twins: more lines are indistinguishable.
DRAWN, FEWEST, TOGETHER = 20, 3, 60


def learning_curves(epochs: pd.DataFrame, learning: pd.DataFrame, width: int = 260, columns: int = 3) -> Any:
    """Return validation accuracy, or else loss, by epoch, one line for each seed and style, one panel for each twin.

    Parameters
    ----------
    epochs, learning
        The tables learning_epochs and learning of one environment.
    width, columns
        Width of a panel in pixels; number of panels in a row.
    """
    classifies = bool(epochs["validation_accuracy"].notna().any())
    measure, form = ("validation_accuracy", ".1%") if classifies else ("validation_loss", ".3g")
    title = measure.replace("_", " ")
    numbers = ["validation_accuracy", "validation_loss", "accuracy", "loss"]
    curves = first(epochs)[[*KEYS, "epoch", *numbers]].merge(learning[[*KEYS, "seed"]], on=KEYS)
    tooltip = [
        "twin:N",
        "style:N",
        "seed:N",
        "epoch:Q",
        *(alt.Tooltip(f"{name}:Q", title=name.replace("_", " "), format=".4f") for name in numbers),
    ]
    base = alt.Chart(_drawn(curves)).encode(
        x=alt.X("epoch:Q", axis=alt.Axis(tickMinStep=1, format="d", grid=False)).scale(
            zero=False, nice=False, padding=8
        ),
        y=alt.Y(f"{measure}:Q", title=measure.replace("_", " "), axis=alt.Axis(format=form)).scale(
            zero=False, padding=8
        ),
    )
    return styled(
        _lines_and_points(base, curves, tooltip)
        .properties(width=width, height=220)
        .facet(facet=alt.Facet("twin:N", title=None, sort=list(curves["twin"].unique())), columns=columns),
        f"{title.capitalize()} by epoch, for each seed and style",
    )


def identity_losses(steps: pd.DataFrame, width: int = 260, columns: int = 3) -> Any:
    """Return the loss by training step of one twin, from the table identity_steps, one panel for each replicate."""
    losses = first(steps)[[*KEYS, "step", "loss"]]
    base = alt.Chart(_drawn(losses)).encode(
        x=alt.X("step:Q", axis=alt.Axis(tickMinStep=1, format="d", grid=False)).scale(
            zero=False, nice=False, padding=8
        ),
        y=alt.Y("loss:Q").scale(zero=False, padding=8),
    )
    return styled(
        _lines_and_points(base, losses, ["style:N", "replicate:Q", "step:Q", "loss:Q"])
        .properties(width=width, height=220)
        .facet(facet=alt.Facet("replicate:N"), columns=columns)
        .resolve_scale(y="independent"),
        "Loss by training step, for each style",
    )


def first(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the first replicates of each twin, which are drawn individually."""
    most = min(DRAWN, max(FEWEST, TOGETHER // max(1, table["twin"].nunique())))
    return table[table["replicate"] < most]


def paired_differences(learning: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return, for each seed and each other style, `measure` of that style minus `measure` of functional.

    Parameters
    ----------
    learning
        The table learning of one environment and twin.
    measure
        One of its columns, such as test_accuracy.

    Returns
    -------
    DataFrame
        Columns seed, style, difference; seeds where either training failed are left out.
    """
    values = learning.pivot(index="seed", columns="style", values=measure).astype(float)
    others = [style for style in PARTICIPANTS if style in values and style != "functional"]
    if "functional" not in values or not others:
        return pd.DataFrame(columns=["seed", "style", "difference"])
    differences = values[others].sub(values["functional"], axis="index")
    return differences.reset_index().melt("seed", var_name="style", value_name="difference").dropna(ignore_index=True)


def intervals(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of `paired_differences` with its 95 % interval: columns style, seeds, mean, low, high."""
    rows = [
        {"style": style, "seeds": len(group), **mean_interval(group["difference"].tolist())._asdict()}
        for style, group in differences.groupby("style", sort=False)
    ]
    return pd.DataFrame(rows, columns=["style", "seeds", "mean", "low", "high"])


def difference_chart(differences: pd.DataFrame, measure: str) -> Any:
    """Plot `paired_differences` as a dot for each seed, and their mean and its 95 % interval as a tick on a bar."""
    summary = intervals(differences)
    # If all differences are zero, the axis would have no length.
    reach = max(differences["difference"].abs().max(), summary[["low", "high"]].abs().max(axis=None), 1e-4) * 1.1
    y = alt.Y("style:N", title=None, sort=PARTICIPANTS, axis=alt.Axis(grid=False))
    colour = alt.Color("style:N", scale=scale_of(PARTICIPANTS, COLOURS), legend=None)
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    title = f"{measure.replace('_', ' ')}, minus functional"
    dots = (
        alt.Chart(differences)
        .mark_point(size=60, filled=True, opacity=0.6, yOffset=-8)
        .encode(
            x=alt.X("difference:Q", title=title, scale=scale, axis=alt.Axis(tickCount=5)),
            y=y,
            color=colour,
            tooltip=["seed:N", "difference:Q"],
        )
    )
    spread = alt.Chart(summary).encode(y=y, color=colour)
    bars = spread.mark_rule(strokeWidth=3, yOffset=8).encode(x=alt.X("low:Q", scale=scale), x2="high:Q")
    means = spread.mark_tick(thickness=3, size=16, yOffset=8).encode(x=alt.X("mean:Q", scale=scale))
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(strokeDash=[2, 3], aria=False).encode(x="zero:Q")
    return styled((zero + dots + bars + means).properties(width=520, height=120), title.capitalize())


def accuracy_differences(accuracy: pd.DataFrame, width: int = 260, columns: int = 3) -> Any:
    """Return test accuracy minus functional's with its 95 % interval, by twin and style, a panel for each environment.

    Parameters
    ----------
    accuracy
        The table accuracy.
    width, columns
        Width of a panel in pixels; number of panels in a row.
    """
    names = {"difference": "points", "difference_low": "low", "difference_high": "high"}
    rows = accuracy.dropna(subset="difference")[["environment", "twin", "style", "seeds", *names]].rename(columns=names)
    numbers = 100 * rows[list(names.values())].astype(float)
    rows[list(names.values())] = numbers
    styles = [style for style in PARTICIPANTS if style in set(rows["style"])]
    # If all differences are zero, the axis would have no length.
    reach = max(float(numbers.abs().max().max()), 0.05) * 1.1
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    title = "percentage points more than functional"
    base = alt.Chart(rows).encode(
        y=alt.Y("twin:N", title=None, sort=list(rows["twin"].unique()), axis=alt.Axis(grid=False, labelLimit=0)),
        yOffset=alt.YOffset("style:N", scale=alt.Scale(domain=styles)),
        color=alt.Color("style:N", scale=scale_of(styles, COLOURS), legend=alt.Legend(title=None, orient="top")),
        tooltip=["twin:N", "style:N", "seeds:Q", *(alt.Tooltip(f"{name}:Q", format="+.3f") for name in names.values())],
    )
    zero = alt.Chart(rows).transform_aggregate(groupby=["environment"]).mark_rule(opacity=0.5, aria=False)
    bars = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2)
    points = base.mark_point(filled=True, size=60, opacity=1)
    moved = alt.selection_interval(name="moved", bind="scales", encodings=["x"], zoom=ZOOM)
    return styled(
        alt.layer(
            zero.encode(x=alt.datum(0.0)),
            bars.encode(x=alt.X("low:Q", scale=scale, title=title), x2="high:Q"),
            points.encode(x=alt.X("points:Q", scale=scale, title=title)).add_params(moved),
        )
        .properties(width=width, height=alt.Step(16 * (len(styles) + 1), **{"for": "position"}))
        .facet(facet=alt.Facet("environment:N", title=None, sort=list(rows["environment"].unique())), columns=columns),
        "Test accuracy minus functional's with its 95 % interval, for each twin and style",
    )


def _lines_and_points(base: Any, table: pd.DataFrame, tooltip: list[Any]) -> Any:
    """Return a line for each style and replicate, with the marks, zoom and legend that all curves share."""
    styles = [style for style in PARTICIPANTS if style in set(table["style"])]
    legend = alt.Legend(title=None, orient="top", symbolType="stroke", symbolSize=700)
    chosen = alt.selection_point(name="chosen", fields=["style"], bind="legend")
    moved = alt.selection_interval(name="moved", bind="scales", zoom=ZOOM)
    base = base.transform_filter(chosen).encode(
        color=alt.Color("style:N", scale=scale_of(styles, COLOURS), legend=legend), detail="replicate:N"
    )
    lines = base.mark_line(strokeCap="butt").encode(
        strokeWidth=alt.StrokeWidth("style:O", scale=scale_of(styles, WIDTHS), legend=legend),
        strokeDash=alt.StrokeDash("style:N", scale=scale_of(styles, DASHES), legend=legend),
    )
    # The size is a separate column: as a scale of the style, it would shrink the lines in the legend.
    points = base.mark_circle(opacity=1).encode(size=alt.Size("size:Q", scale=None, legend=None), tooltip=tooltip)
    return alt.layer(lines, points.add_params(chosen, moved))


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    table = table.sort_values("style", key=lambda style: style.map(PARTICIPANTS.index), kind="stable")
    return table.assign(size=table["style"].map(dict(zip(PARTICIPANTS, SIZES, strict=True))))
