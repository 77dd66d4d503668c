"""Charts of how large the files are that a model is kept in, and how long saving and loading take."""

from typing import Any

import altair as alt
import pandas as pd

from twinproof.report import charts

_SAME = "same process"


def sizes(serialization: pd.DataFrame) -> Any:
    """Return the bytes on disk of each format, by way of writing."""
    kept = _kept(serialization)
    chart = (
        alt.Chart(kept.assign(kilobytes=kept["bytes"].astype(float) / 1024))
        .mark_point(filled=True, size=70)
        .encode(
            x=alt.X("kilobytes:Q", title="KiB on disk", scale=alt.Scale(zero=True)),
            y=alt.Y("operation:N", title=None, sort=None),
            color=_way(),
            yOffset=alt.YOffset("way:N"),
        )
        .properties(width=460)
    )
    return charts.styled(chart, "Bytes on disk of each format, by way of writing")


def seconds(serialization: pd.DataFrame) -> Any:
    """Return the seconds to save and to load in each format, with their intervals, by way of writing."""
    kept = _kept(serialization)
    parts = [
        kept[["operation", "way"]].assign(
            action=action, seconds=kept[f"{action}_seconds"], low=kept[f"{action}_low"], high=kept[f"{action}_high"]
        )
        for action in ("save", "load")
    ]
    base = alt.Chart(pd.concat(parts).dropna(subset=["seconds"])).encode(
        y=alt.Y("operation:N", title=None, sort=None), color=_way(), yOffset=alt.YOffset("way:N")
    )
    marks = base.mark_rule().encode(x="low:Q", x2="high:Q") + base.mark_point(filled=True, size=50).encode(
        x=alt.X("seconds:Q", title="seconds", scale=alt.Scale(type="log"))
    )
    chart = marks.properties(width=300).facet(column=alt.Column("action:N", title=None, sort=["save", "load"]))
    return charts.styled(chart, "Seconds to save and to load in each format, by way of writing")


def _kept(serialization: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of what was saved by the process that trained it."""
    return serialization[(serialization["place"] == _SAME) & serialization["save_seconds"].notna()]


def _way() -> alt.Color:
    # The naive subclass is none of the styles: in grey.
    ways = ["sequential", "functional", "subclassed"]
    colours = [*charts.scale_of(ways, charts.COLOURS).range, "#8c8c8c"]
    return alt.Color("way:N", title=None, scale=alt.Scale(domain=[*ways, "naive"], range=colours))
