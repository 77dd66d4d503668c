"""A comparison of two versions as text for a terminal, Markdown for a pull request, JSON for programs, and a page."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twinproof.report.rendering import render
from twinproof.versions.compare import DIFFERENT, Cell, Comparison

TEMPLATE = Path(__file__).parent / "template" / "comparison.html.jinja"
# Of a part, in what a person scrolls through; JSON and the page have them all.
SHOWN = 5


def as_text(comparison: Comparison) -> str:
    """Return the comparison as lines for a terminal."""
    lines = [f"{comparison.old} -> {comparison.new}"]
    for cell in comparison.made_from:
        lines.append(f"made from {_told(cell)}")
    for part, cells in comparison.parts():
        lines.append(f"{part}: {_counts(cells)}")
        told = _worth_telling(cells)
        lines += [f"    {_told(cell)}" for cell in told[:SHOWN]]
        if len(told) > SHOWN:
            lines.append(f"    and {len(told) - SHOWN} more")
    return "\n".join([*lines, conclusion(comparison)])


def as_markdown(comparison: Comparison) -> str:
    """Return the comparison as Markdown: a table of the parts, and what differs folded away below it."""
    lines = [f"**{conclusion(comparison)}** (`{comparison.old}` to `{comparison.new}`)", "", "| part | |", "|---|---|"]
    lines += [f"| {part} | {_counts(cells)} |" for part, cells in comparison.parts()]
    for title, cells in [("made from", comparison.made_from), *comparison.parts()]:
        if told := _worth_telling(cells):
            lines += ["", f"<details><summary>{title}</summary>", ""]
            lines += [f"- {_escaped(_told(cell))}" for cell in told]
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
    parts = [
        {"name": part, "counts": _counts(cells), "told": _worth_telling(cells)} for part, cells in comparison.parts()
    ]
    return render(
        TEMPLATE,
        {"short": _short},
        comparison=comparison,
        conclusion=conclusion(comparison),
        parts=parts,
        different=DIFFERENT,
    )


def conclusion(comparison: Comparison) -> str:
    """Say in a sentence whether anything is another."""
    count = sum(cell.outcome in DIFFERENT for cell in comparison.cells)
    if not count:
        return f"Nothing that was found is another: {len(comparison.cells):,} figures compared."
    return f"{count:,} of {len(comparison.cells):,} figures differ."


def _worth_telling(cells: list[Cell]) -> list[Cell]:
    """Return what is not the same, what differs first."""
    return sorted((cell for cell in cells if cell.outcome != "same"), key=lambda cell: cell.outcome not in DIFFERENT)


def _counts(cells: list[Cell]) -> str:
    return ", ".join(f"{count:,} {outcome}" for outcome, count in _ordered(Counter(cell.outcome for cell in cells)))


def _ordered(counts: Counter[Any]) -> Iterator[tuple[str, int]]:
    order = [*DIFFERENT, "undecided", "not comparable", "same"]
    yield from sorted(counts.items(), key=lambda item: order.index(item[0]))


def _told(cell: Cell) -> str:
    where = " ".join(filter(None, (cell.where, cell.what)))
    note = f" ({cell.note})" if cell.note else ""
    if cell.outcome in ("added", "removed"):
        return f"{where}: {cell.outcome}, {_short(cell.new if cell.outcome == 'added' else cell.old)}{note}"
    outcome = "" if cell.outcome == "changed" else f", {cell.outcome}"
    return f"{where}: {_short(cell.old)} -> {_short(cell.new)}{outcome}{note}"


def _short(value: str | None) -> str:
    """Shorten digests, which nobody reads to their end."""
    return "nothing" if value is None else re.sub(r"\b([0-9a-f]{10})[0-9a-f]{30,54}\b", r"\1", value)


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_<>|\[\]])", r"\\\1", text)
