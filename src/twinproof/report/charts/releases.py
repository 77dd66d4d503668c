"""Charts of outcomes by release of Keras: in which release each appeared, and in which it was fixed."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd

from twinproof.report.charts.outcomes import COLOURS, LABELS
from twinproof.report.charts.style import styled
from twinproof.report.matrices import KINDS

# With fewer releases, the matrix of outcomes shows the same.
FEWEST = 4
# From the best to the worst, because one cell may stand for several twins; unknown outcomes count least.
RANKS = ["quiet", "good", "loud", "bad"]
# The text on a cell, for readers who cannot distinguish its colour.
SIGNS = {"good": "", "loud": "!", "bad": "\N{MULTIPLICATION SIGN}", "quiet": "\N{EN DASH}"}
# The history of outcomes over the releases, as panels of a chart: correct today, correct once, and the rest.
FIXED, APPEARED, OTHERWISE, UNCHANGED = "fixed", "appeared", "wrong in another way", "never changed"
COURSES = [FIXED, APPEARED, OTHERWISE, UNCHANGED]
# Pixels of a row: its name above its cells.
ROW = 34


def pitfalls_by_release(pitfalls: pd.DataFrame, environments: pd.DataFrame) -> Any | None:
    """Return how each pitfall ends in each release, one panel per course; None with fewer than `FEWEST` releases."""
    return _chart(_named(pitfalls, "title"), environments, "The outcome of each pitfall, by release of Keras")


def formats_by_release(serialization: pd.DataFrame, environments: pd.DataFrame) -> Any | None:
    """Return how each operation ends in each style and release, as on the twin on which it ends worst."""
    return _chart(
        _named(serialization, "operation", "place"),
        environments,
        "The outcome of each way to save or copy a model, by release of Keras",
    )


def course(kinds: Sequence[str]) -> str:
    """Return the history of the kinds of outcome, in the order of the releases; unknown ones do not count."""
    known = [kind for kind in kinds if kind != "quiet"]
    if len(set(known)) < 2:
        return UNCHANGED
    if known[-1] == "good":
        return FIXED
    return APPEARED if "good" in known else OTHERWISE


def last_change(kinds: Sequence[str]) -> int:
    """Return the position of the last release whose kind differs from the last known one; 0 if there is none."""
    known = [(at, kind) for at, kind in enumerate(kinds) if kind != "quiet"]
    return max((at for (_, former), (at, kind) in pairwise(known) if kind != former), default=0)


def _named(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return a table with the name of the row that each outcome belongs to."""
    names = table[[*columns, "style"]].itertuples(index=False, name=None)
    return table.assign(row=[f"{', '.join(words)} ({style})" for *words, style in names])


def _chart(named: pd.DataFrame, environments: pd.DataFrame, description: str) -> Any | None:
    version = named["environment"].map(environments.set_index("environment")["keras"])
    releases = sorted(version.dropna().unique(), key=lambda text: [int(part) for part in re.findall(r"\d+", text)])
    if len(releases) < FEWEST:
        return None
    rows = _cells(named.assign(keras=version), releases)
    order = rows.drop_duplicates("row").sort_values(["changed", "row"], ascending=[False, True])["row"].tolist()
    courses = [one for one in COURSES if one in set(rows["course"])]
    kinds = [kind for kind in LABELS if LABELS[kind] in set(rows["outcome"])]
    base = alt.Chart(rows).encode(
        x=alt.X(
            "keras:O", title=None, sort=releases, axis=alt.Axis(orient="top", labelAngle=-90, domain=False, ticks=False)
        ),
        y=alt.Y("row:N", title=None, sort=order, axis=None),
    )
    cells = base.mark_rect(height=15, yOffset=6, stroke="transparent", strokeWidth=1).encode(
        color=alt.Color(
            "outcome:N",
            title=None,
            scale=alt.Scale(domain=[LABELS[kind] for kind in kinds], range=[COLOURS[kind] for kind in kinds]),
            legend=alt.Legend(orient="top"),
        ),
        tooltip=["row:N", "keras:O", "environment:N", alt.Tooltip("told:N", title="outcome")],
    )
    signs = base.mark_text(dy=7, fontSize=10, fontWeight="bold", color="#14181d").encode(text="sign:N")
    names = (
        base.transform_aggregate(groupby=["row", "course"])
        .mark_text(
            align="left", baseline="middle", dy=-9, fontSize=11, color="currentColor", limit=alt.ExprRef("child_width")
        )
        .encode(x=alt.value(0), text="row:N")
    )
    return styled(
        alt.layer(cells, signs, names)
        .properties(width=480, height=alt.Step(ROW))
        .facet(facet=alt.Facet("course:N", title=None, sort=courses), columns=2)
        .resolve_scale(y="independent")
        .resolve_axis(x="independent"),
        description,
    )


def _cells(named: pd.DataFrame, releases: list[str]) -> pd.DataFrame:
    """Return a cell for each row and release: the worst of its outcomes."""
    ranked = named.assign(rank=named["outcome"].map(lambda outcome: RANKS.index(KINDS[outcome])))
    worst = ranked.sort_values("rank", kind="stable").groupby(["row", "keras"], sort=False).last().reset_index()
    kinds = worst["rank"].map(RANKS.__getitem__)
    cells = worst[["row", "keras", "environment"]].assign(
        told=worst["outcome"], outcome=kinds.map(LABELS), sign=kinds.map(SIGNS)
    )
    gone = {}
    for row, ranks in worst.groupby("row")[["keras", "rank"]]:
        by_release = dict(zip(ranks["keras"], ranks["rank"], strict=True))
        gone[row] = [RANKS[by_release[release]] for release in releases if release in by_release]
    return cells.assign(
        course=cells["row"].map(lambda row: course(gone[row])),
        changed=cells["row"].map(lambda row: last_change(gone[row])),
    )
