"""Outcomes as matrices, the same on the page and in the notebooks: what was done by row, who did it by column."""

import textwrap
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

import pandas as pd

from twinproof.analysis.rows.common import CELL
from twinproof.analysis.words import RIGHT, Check, Kept, PitfallOutcome

# How an outcome is shown; what is wrong without a word is never anything but bad.
KINDS: dict[str, str] = {
    **{str(outcome): "loud" for outcomes in (Kept, Check, PitfallOutcome) for outcome in outcomes},
    **dict.fromkeys(map(str, (*RIGHT, Check.WORKS, PitfallOutcome.AS_EXPECTED)), "good"),
    **dict.fromkeys(map(str, (Kept.NOT_AVAILABLE, PitfallOutcome.CONTROL_FAILED)), "quiet"),
    **dict.fromkeys(map(str, (Kept.SILENT, PitfallOutcome.SILENT)), "bad"),
}

# Columns whose values a reader can choose from, and what they are then called.
CHOICES = {
    "environment": "environment", "written in": "environment", "twin": "twin", "style": "style",
}  # fmt: skip

# Of a note; the whole message is in the table and in the notebook.
LONGEST = 300

# Trials that an outcome leads to one by one; a page has thousands of outcomes.
LINKED = 5

Matrix = dict[str, Any]


def matrix(table: pd.DataFrame, rows: list[str], columns: list[str], text: str, note: str) -> Matrix:
    """Return what is in the column `text` by row and by column, in the order of the table.

    Returns
    -------
    dict
        `head`, the names of the row's columns; `columns`, each with the `text` above it; `rows`, each with `head` and
        `cells`, which have `text`, `kind` (good, loud, bad, quiet), `note`, the column of that name, or None, and
        `trials`, the environments, twins and replicates it was seen in, or of more than `LINKED` the first that shows
        each outcome. Rows and columns have their `choices`: of which environment, twin and style they are.
    """
    across = list(dict.fromkeys(table[columns].itertuples(index=False, name=None)))
    made = []
    for head, found in table.groupby(rows, sort=False):
        by_column = dict(list(found.groupby(columns, sort=False)))
        cells = [_cell(by_column.get(key), text, note) for key in across]
        made.append({"head": list(head), "choices": _choices(rows, head), "cells": cells})
    named = [{"text": ", ".join(map(str, key)), "choices": _choices(columns, key)} for key in across]
    return {"head": rows, "columns": named, "rows": made}


def serialization_matrix(serialization: pd.DataFrame) -> Matrix:
    """Return the outcome of each operation by twin and style; its note is the error or the difference."""
    told = serialization.assign(note=_told(serialization))
    return matrix(told, ["operation", "place"], ["twin", "style"], "outcome", "note")


def exchange_matrix(exchange: pd.DataFrame) -> Matrix:
    """Return the outcome of reading what each environment wrote, by the environment that reads it."""
    told = exchange.assign(note=_told(exchange)).rename(columns={"writer": "written in"})
    return matrix(told, ["twin", "style", "format", "written in"], ["environment"], "outcome", "note")


def check_matrix(introspection: pd.DataFrame) -> Matrix:
    """Return the outcome of each check, before and after building, by twin and style."""
    told = introspection.assign(note=introspection["error"].fillna(introspection["value"]))
    return matrix(told, ["check", "when"], ["twin", "style"], "outcome", "note")


def fault_matrix(faults: pd.DataFrame) -> Matrix:
    """Return the stage at which each planted mistake was caught, by twin and style; named, where the culprit was."""
    named = faults["names_culprit"].eq(True)
    told = faults.assign(
        stage=faults["stage"].where(~named, faults["stage"] + ", named"),
        note=faults["error"].fillna(faults["warnings"]),
    )
    return matrix(told, ["title"], ["twin", "style"], "stage", "note")


def pitfall_matrix(pitfalls: pd.DataFrame) -> Matrix:
    """Return the outcome of each pitfall by environment, with what was seen or the error as its note."""
    # A process that ended by itself tells no step.
    failed = (pitfalls["step"] + ": ").fillna("") + pitfalls["error"]
    told = pitfalls.assign(note=pitfalls["what"].fillna(failed))
    return matrix(told, ["title", "twin", "style", "expected"], ["environment"], "outcome", "note")


def to_html(made: Matrix, caption: str) -> str:
    """Return a matrix as an HTML table for a notebook, where there is no style sheet but the cells' own."""
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


def _told(cells: pd.DataFrame) -> pd.Series:
    apart = cells["largest"].map(lambda largest: f"up to {largest:.2g} apart" if largest > 0 else None)
    return cells["error"].fillna(apart)


def _choices(names: list[str], key: Iterable[Any]) -> dict[str, str]:
    return {CHOICES[name]: str(value) for name, value in zip(names, key, strict=True) if name in CHOICES}


def _cell(found: pd.DataFrame | None, text: str, note: str) -> dict[str, Any]:
    if found is None:
        return {"text": "", "kind": "quiet", "note": None, "trials": []}
    # Replicates that agree are said once.
    texts = list(dict.fromkeys(found[text]))
    kinds = [KINDS.get(one.removesuffix(", named"), "quiet") for one in texts]
    worst = max(kinds, key=["good", "quiet", "loud", "bad"].index)
    notes = textwrap.shorten("; ".join(dict.fromkeys(found[note].dropna())), LONGEST, placeholder=" ...")
    trials = list(zip(*(found[name] for name in (*CELL, "replicate")), strict=True))
    if len(set(trials)) > LINKED:
        first = dict(zip(reversed(found[text].tolist()), reversed(trials), strict=True))
        trials = [first[one] for one in texts]
    return {"text": " or ".join(texts), "kind": worst, "note": notes or None, "trials": list(dict.fromkeys(trials))}
