"""Outcomes as matrices, for the page and the notebooks."""

import textwrap
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

import pandas as pd

from twinproof.analysis.rows.common import CELL
from twinproof.analysis.words import RIGHT, Catch, Check, Kept, PitfallOutcome

# How each outcome is shown. Only an error without any sign is bad.
KINDS: dict[str, str] = {
    **{str(outcome): "loud" for outcomes in (Kept, Check, PitfallOutcome) for outcome in outcomes},
    **dict.fromkeys(map(str, (*RIGHT, Check.WORKS, PitfallOutcome.AS_EXPECTED)), "good"),
    **dict.fromkeys(map(str, (Kept.NOT_AVAILABLE, PitfallOutcome.CONTROL_FAILED)), "quiet"),
    **dict.fromkeys(map(str, (Kept.SILENT, PitfallOutcome.SILENT)), "bad"),
}

# Columns that a reader can filter by, and the name of each filter.
CHOICES = {
    "environment": "environment", "written in": "environment", "twin": "twin", "style": "style",
}  # fmt: skip

# Characters of a note; the whole message is in the table and in the notebook.
LONGEST = 300

# The most trials that an outcome links to; a page has thousands of outcomes.
LINKED = 5

Matrix = dict[str, Any]


def matrix(table: pd.DataFrame, rows: list[str], columns: list[str], text: str, note: str) -> Matrix:
    """Arrange the column `text` by row and by column, in the order of the table.

    Returns
    -------
    dict
        `head`: the names of the columns that identify a row. `columns`: each has its header `text`. `rows`: each has
        `head` and `cells`. A cell has `text`, `kind` (good, loud, bad, quiet), `note` (or None) and `trials`, the
        environment, twin and replicate of each trial behind it; if these are more than `LINKED`, of the first trial
        with each outcome. Rows and columns have `choices`: their environment, twin and style.
    """
    across = list(dict.fromkeys(table[columns].itertuples(index=False, name=None)))
    cell_rows = []
    for head, group in table.groupby(rows, sort=False):
        by_column = dict(list(group.groupby(columns, sort=False)))
        cells = [_cell(by_column.get(key), text, note) for key in across]
        cell_rows.append({"head": list(head), "choices": _choices(rows, head), "cells": cells})
    named = [{"text": ", ".join(map(str, key)), "choices": _choices(columns, key)} for key in across]
    return {"head": rows, "columns": named, "rows": cell_rows}


def serialization_matrix(serialization: pd.DataFrame) -> Matrix:
    """Return the outcome of each operation by twin and style, with the error or the difference as its note."""
    noted = serialization.assign(note=_notes(serialization))
    return matrix(noted, ["operation", "place"], ["twin", "style"], "outcome", "note")


def exchange_matrix(exchange: pd.DataFrame) -> Matrix:
    """Return the outcome of reading each model, by the environment that wrote it and the one that reads it."""
    noted = exchange.assign(note=_notes(exchange)).rename(columns={"writer": "written in"})
    return matrix(noted, ["twin", "style", "format", "written in"], ["environment"], "outcome", "note")


def check_matrix(introspection: pd.DataFrame) -> Matrix:
    """Return the outcome of each check, before and after building, by twin and style."""
    noted = introspection.assign(note=introspection["error"].fillna(introspection["value"]))
    return matrix(noted, ["mechanism", "check", "when"], ["twin", "style"], "outcome", "note")


def fault_matrix(faults: pd.DataFrame) -> Matrix:
    """Return how each planted mistake is reported, by twin and style, marked if the message named the culprit."""
    silent, named = faults["caught"] == Catch.SILENCE, faults["names_culprit"].eq(True)
    told = faults["caught"].where(silent, faults["caught"] + ", " + faults["stage"])
    noted = faults.assign(
        told=told.where(~named, told + ", named"),
        note=faults["error"].fillna(faults["warnings"]),
        **{"about the style": faults["about_style"].map({True: "yes", False: "no"})},
    )
    return matrix(noted, ["mechanism", "title", "about the style"], ["twin", "style"], "told", "note")


def pitfall_matrix(pitfalls: pd.DataFrame) -> Matrix:
    """Return the outcome of each pitfall by environment, with the observation or the error as its note."""
    # A process that died has no step.
    failed = (pitfalls["step"] + ": ").fillna("") + pitfalls["error"]
    noted = pitfalls.assign(note=pitfalls["what"].fillna(failed))
    return matrix(noted, ["title", "twin", "style", "expected"], ["environment"], "outcome", "note")


def to_html(made: Matrix, caption: str) -> str:
    """Return a matrix as an HTML table with inline styles, for a notebook."""
    colours = {"good": "#0a6b4d", "loud": "#8a5a00", "bad": "#b3261e", "quiet": "#59636e"}

    def cells(row: dict[str, Any]) -> Iterator[str]:
        for text in row["head"]:
            yield f"<th scope='row' style='text-align:left;font-weight:normal'>{escape(str(text))}</th>"
        for cell in row["cells"]:
            weight = "bold" if cell["kind"] == "bad" else "normal"
            yield (
                f"<td style='text-align:left;color:{colours[cell['kind']]};font-weight:{weight}' "
                f"title='{escape(cell['note'] or '', quote=True)}'>{escape(cell['text'])}</td>"
            )

    head = "".join(
        f"<th scope='col' style='text-align:left'>{escape(name)}</th>"
        for name in [*made["head"], *(column["text"] for column in made["columns"])]
    )
    body = "".join(f"<tr>{''.join(cells(row))}</tr>" for row in made["rows"])
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _notes(cells: pd.DataFrame) -> pd.Series:
    difference = cells["largest"].map(lambda largest: f"differs by up to {largest:.2g}" if largest > 0 else None)
    return cells["error"].fillna(difference)


def _choices(names: list[str], key: Iterable[Any]) -> dict[str, str]:
    return {CHOICES[name]: str(value) for name, value in zip(names, key, strict=True) if name in CHOICES}


def _cell(rows: pd.DataFrame | None, text: str, note: str) -> dict[str, Any]:
    if rows is None:
        return {"text": "", "kind": "quiet", "note": None, "trials": []}
    # Replicates that agree are shown once.
    texts = list(dict.fromkeys(rows[text]))
    kinds = [KINDS.get(outcome.removesuffix(", named"), "quiet") for outcome in texts]
    worst = max(kinds, key=["good", "quiet", "loud", "bad"].index)
    notes = textwrap.shorten("; ".join(dict.fromkeys(rows[note].dropna())), LONGEST, placeholder=" ...")
    trials = list(zip(*(rows[name] for name in (*CELL, "replicate")), strict=True))
    if len(set(trials)) > LINKED:
        first = dict(zip(reversed(rows[text].tolist()), reversed(trials), strict=True))
        trials = [first[outcome] for outcome in texts]
    return {"text": " or ".join(texts), "kind": worst, "note": notes or None, "trials": list(dict.fromkeys(trials))}
