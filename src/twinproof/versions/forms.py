"""Formats a comparison of two versions: text for a terminal, Markdown for a pull request, JSON, and a page."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twinproof.report.rendering import render
from twinproof.versions.compare import DIFFERENT, Cell, Comparison

TEMPLATE = Path(__file__).parent / "template" / "comparison.html.jinja"
# Cells of each part in the text for a terminal; the other forms list all that differ.
SHOWN = 5


def as_text(comparison: Comparison) -> str:
    """Return the comparison as lines for a terminal."""
    lines = [f"{comparison.old} -> {comparison.new}"]
    for cell in comparison.made_from:
        lines.append(f"made from {_format_cell(cell)}")
    for part, cells in comparison.parts():
        lines.append(f"{part}: {_counts(cells)}")
        unequal = _unequal(cells)
        lines += [f"    {_format_cell(cell)}" for cell in unequal[:SHOWN]]
        if len(unequal) > SHOWN:
            lines.append(f"    and {len(unequal) - SHOWN} more")
    return "\n".join([*lines, conclusion(comparison)])


def as_markdown(comparison: Comparison) -> str:
    """Return the comparison as Markdown: a table of the parts, and what differs folded away below it."""
    lines = [f"**{conclusion(comparison)}** (`{comparison.old}` to `{comparison.new}`)", "", "| part | |", "|---|---|"]
    lines += [f"| {part} | {_counts(cells)} |" for part, cells in comparison.parts()]
    for title, cells in [("made from", comparison.made_from), *comparison.parts()]:
        if unequal := _unequal(cells):
            lines += ["", f"<details><summary>{title}</summary>", ""]
            lines += [f"- {_escaped(_format_cell(cell))}" for cell in unequal]
            lines += ["", "</details>"]
    return "\n".join(lines)


def as_json(comparison: Comparison) -> str:
    """Return the comparison as JSON, with every figure of either version."""
    content = {
        "old": comparison.old,
        "new": comparison.new,
        "changed": comparison.changed,
        "made_from": [cell._asdict() for cell in comparison.made_from],
        "cells": [cell._asdict() for cell in comparison.cells],
    }
    return json.dumps(content, indent=1)


def as_page(comparison: Comparison) -> str:
    """Return the comparison as a page that opens offline."""
    parts = [{"name": part, "counts": _counts(cells), "cells": _unequal(cells)} for part, cells in comparison.parts()]
    return render(
        TEMPLATE,
        {"short": short},
        comparison=comparison,
        conclusion=conclusion(comparison),
        parts=parts,
        different=DIFFERENT,
    )


def conclusion(comparison: Comparison) -> str:
    """Return a sentence that says whether any figure differs."""
    count = sum(cell.outcome in DIFFERENT for cell in comparison.cells)
    if not count:
        return f"No figure differs: {len(comparison.cells):,} figures compared."
    return f"{count:,} of {len(comparison.cells):,} figures differ."


def _unequal(cells: list[Cell]) -> list[Cell]:
    """Return the cells that are not the same, different ones first."""
    return sorted((cell for cell in cells if cell.outcome != "same"), key=lambda cell: cell.outcome not in DIFFERENT)


def _counts(cells: list[Cell]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in _ordered(Counter(cell.outcome for cell in cells)))


def _ordered(counts: Counter[Any]) -> Iterator[tuple[str, int]]:
    order = [*DIFFERENT, "undecided", "not comparable", "same"]
    yield from sorted(counts.items(), key=lambda item: order.index(item[0]))


def _format_cell(cell: Cell) -> str:
    where = " ".join(filter(None, (cell.where, cell.what)))
    note = f" ({cell.note})" if cell.note else ""
    if cell.outcome in ("added", "removed"):
        return f"{where}: {cell.outcome}, {short(cell.new if cell.outcome == 'added' else cell.old)}{note}"
    outcome = "" if cell.outcome == "changed" else f", {cell.outcome}"
    return f"{where}: {short(cell.old)} -> {short(cell.new)}{outcome}{note}"


def short(value: str | None) -> str:
    """Shorten digests."""
    return "nothing" if value is None else re.sub(r"\b([0-9a-f]{10})[0-9a-f]{30,54}\b", r"\1", value)


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_<>|\[\]])", r"\\\1", text)
