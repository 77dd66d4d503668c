"""Charts of the file sizes of saved models, and of the time to save and to load them."""

from typing import Any

import altair as alt
import pandas as pd

from twinproof.base.styles import STYLES
from twinproof.report.charts.style import style_colours, styled

_SAME = "same process"
# Vega would also mark each multiple of these.
_POWERS = alt.Axis(values=[10.0**power for power in range(-6, 4)], format="~g")
LANE = 7  # pixels for a style


def sizes(serialization: pd.DataFrame, width: int = 460, columns: int = 3) -> Any:
    """Return the bytes on disk of each format, by style, one panel for each twin.

    Parameters
    ----------
    serialization
        The table serialization of one environment, or its rows of one twin.
    width, columns
        Width of a panel in pixels; number of panels in a row.
    """
    saved = kept(serialization)
    saved = saved.assign(kilobytes=saved["bytes"].astype(float) / 1024)
    chart = (
        _by_format(saved)
        .mark_point(filled=True, size=45, opacity=1)
        .encode(
            x=alt.X("kilobytes:Q", title="KiB on disk", scale=alt.Scale(zero=True)),
            tooltip=["twin:N", "operation:N", "style:N", alt.Tooltip("kilobytes:Q", title="KiB", format=",.1f")],
        )
        .properties(width=width, height=_height(saved))
        .facet(facet=_panels(saved, "twin"), columns=columns)
    )
    return styled(chart, "Bytes on disk of each format, by style")


def seconds(serialization: pd.DataFrame, width: int = 300, columns: int = 3) -> Any:
    """Return the seconds to save and to load in each format, with intervals, one panel for each action and twin.

    Parameters
    ----------
    serialization
        The table serialization of one environment, or its rows of one twin.
    width, columns
        Width of a panel in pixels; number of panels in a row.
    """
    saved = kept(serialization)
    rows = pd.concat(
        saved[["environment", "twin", "operation", "style"]].assign(
            panel=f"{action}, " + saved["twin"],
            **{"seconds": saved[f"{action}_seconds"], "low": saved[f"{action}_low"], "high": saved[f"{action}_high"]},
        )
        for action in ("save", "load")
    ).dropna(subset=["seconds"])
    base = _by_format(rows)
    bars = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=2, opacity=0.6)
    points = base.mark_point(filled=True, size=45, opacity=1).encode(
        x=alt.X("seconds:Q", title="seconds", scale=alt.Scale(type="log"), axis=_POWERS),
        tooltip=[
            "twin:N",
            "operation:N",
            "style:N",
            *(alt.Tooltip(f"{name}:Q", format=".3g") for name in ("seconds", "low", "high")),
        ],
    )
    chart = (
        alt.layer(bars.encode(x=alt.X("low:Q", title="seconds"), x2="high:Q"), points)
        .properties(width=width, height=_height(rows))
        .facet(facet=_panels(rows, "panel"), columns=columns)
    )
    return styled(chart, "Seconds to save and to load in each format, by style")


def kept(serialization: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each format and style, of the models loaded again by the process that saved them.

    Over replicates, it has the medians, and the outermost ends of the intervals.
    """
    over = {"bytes": "median"} | {
        f"{action}_{end}": function
        for action in ("save", "load")
        for end, function in (("seconds", "median"), ("low", "min"), ("high", "max"))
    }
    saved = serialization[(serialization["place"] == _SAME) & serialization["save_seconds"].notna()]
    return saved.groupby(["environment", "twin", "style", "operation"], sort=False, as_index=False).agg(over)


def _by_format(rows: pd.DataFrame) -> Any:
    styles = [style for style in STYLES if style in set(rows["style"])]
    return alt.Chart(rows).encode(
        y=alt.Y("operation:N", title=None, sort=None, axis=alt.Axis(labelLimit=0)),
        yOffset=alt.YOffset("style:N", sort=styles),
        color=style_colours(styles),
    )


def _height(rows: pd.DataFrame) -> alt.Step:
    return alt.Step(LANE * (rows["style"].nunique() + 1), **{"for": "position"})


def _panels(rows: pd.DataFrame, column: str) -> alt.Facet:
    return alt.Facet(f"{column}:N", title=None, sort=list(dict.fromkeys(rows[column])))
