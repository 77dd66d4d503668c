"""What changed from one version of the study to another."""

import math
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Literal, NamedTuple

import pandas as pd

from twinproof.analysis.rows.common import CELL
from twinproof.base.numbers import interval, percent
from twinproof.base.styles import INGREDIENTS
from twinproof.versions.find import Study
from twinproof.versions.machines import BITS, Place, TrialKey, find_places, text, timing_obstacle, trial_of
from twinproof.versions.scores import change, find_scores

# Tables of exact values: the key columns, and the columns to compare.
EXACT = {
    "completeness": (["requirement"], ["holds"]),
    "claims": (["claim"], ["verdict"]),
    "twins": (CELL, ["gate", "control", "verdict"]),
    "identity": ([*CELL, "replicate", "style"], ["status", "outcome", "seed_alone"]),
    "identity_steps": ([*CELL, "replicate", "style", "step"], ["weights"]),
    "learning": ([*CELL, "replicate", "style"], ["status", "seed", "weights", "bit_equal"]),
    "graphs": ([*CELL, "replicate", "style", "function"], ["outcome", "operations", "wiring", "order"]),
    "serialization": ([*CELL, "replicate", "style", "operation", "place"], ["outcome", "optimizer"]),
    "ingredients": ([*CELL, "replicate", *INGREDIENTS, "operation", "place"], ["outcome"]),
    "exchange": ([*CELL, "replicate", "style", "format", "writer"], ["outcome"]),
    "introspection": ([*CELL, "replicate", "style", "check", "when"], ["outcome", "value"]),
    "faults": ([*CELL, "replicate", "style", "fault"], ["caught", "stage", "names_culprit"]),
    "pitfalls": ([*CELL, "replicate", "style", "pitfall"], ["outcome"]),
    "code": (["twin", "style"], ["lines", "branches", "names", "definitions"]),
}
RATIO = [*CELL, "style", "quantity"]

Outcome = Literal["same", "changed", "added", "removed", "undecided", "not comparable"]
DIFFERENT: tuple[Outcome, ...] = ("changed", "added", "removed")


class Cell(NamedTuple):
    """One figure in both versions: the part of the study, which figure, and how the two compare.

    `old` and `new` are formatted for display, None if a version lacks the figure; `note` explains the outcome where it
    is not obvious.
    """

    part: str
    where: str
    what: str
    old: str | None
    new: str | None
    outcome: Outcome
    note: str = ""


class Comparison(NamedTuple):
    """Two versions: the differences in what they were made from, and every figure of either."""

    old: str
    new: str
    made_from: list[Cell]
    cells: list[Cell]

    @property
    def changed(self) -> bool:
        """Whether any figure differs; what the versions were made from may differ regardless."""
        return any(cell.outcome in DIFFERENT for cell in self.cells)

    def parts(self) -> Iterator[tuple[str, list[Cell]]]:
        """Yield the cells of each part of the study."""
        for part, cells in groupby(self.cells, key=lambda cell: cell.part):
            yield part, list(cells)


def compare(old: Study, new: Study) -> Comparison:
    """Compare two versions, figure by figure.

    Exact values (digests, outcomes, verdicts) are compared cell by cell; digests only where the same bits can be
    expected. Accuracies are compared by their differences over seeds, timings by the change of their ratio if machine,
    threads and lock agree.
    """
    places = find_places(old.tables["trials"]), find_places(new.tables["trials"])
    cells = [cell for name in EXACT for cell in _exact(name, old.tables[name], new.tables[name], places)]
    cells += _accuracy(old.tables["learning"], new.tables["learning"])
    cells += _timing(old.tables, new.tables)
    return Comparison(old.name, new.name, list(_made_from(old, new)), cells)


def _made_from(old: Study, new: Study) -> Iterator[Cell]:
    for where, before, after in (
        ("commit", {"": old.version["commit"]}, {"": new.version["commit"]}),
        ("params", flat(old.params.content()), flat(new.params.content())),
        ("digest", flat(old.version["made_from"]), flat(new.version["made_from"])),
    ):
        for what in dict.fromkeys([*before, *after]):
            if before.get(what) != after.get(what):
                yield Cell("made from", where, what, text(before.get(what)), text(after.get(what)), "changed")


def _exact(
    name: str, old: pd.DataFrame, new: pd.DataFrame, places: tuple[Mapping[TrialKey, Place], Mapping[TrialKey, Place]]
) -> Iterator[Cell]:
    keys, columns = EXACT[name]
    before, after = (rows_by_key(table, keys) for table in (old, new))
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        for column in columns:
            was, now = (text(row[column]) if row else None for row in (one, other))
            outcome: Outcome = "same" if was == now else "changed"
            note = ""
            if one is None or other is None:
                outcome = "added" if one is None else "removed"
            elif outcome == "changed" and column in BITS.get(name, ()) and (trial := trial_of(name, one)):
                note = places[0][trial].obstacle(places[1][trial])
                outcome = "not comparable" if note else outcome
            yield Cell(name, " ".join(key), column, was, now, outcome, note)


def rows_by_key(table: pd.DataFrame, keys: list[str]) -> dict[tuple[str, ...], dict[Any, Any]]:
    """Return the rows of a table by what names each."""
    return {tuple(text(row[key]) or "" for key in keys): row for row in table.to_dict("records")}


def _accuracy(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Cell]:
    """Compare what was learned: paired by seed if the versions share seeds, else by their means."""
    before, after = find_scores(old), find_scores(new)
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        measure = (was or after[key]).measure
        mean, now_mean = (scores.mean() if scores else None for scores in (was, now))
        place = ("accuracy", " ".join(key), measure, mean, now_mean)
        if was is None or now is None:
            yield Cell(*place, "added" if was is None else "removed")
        elif was.measure != now.measure:
            yield Cell(*place, "not comparable", f"{was.measure} in one and {now.measure} in the other")
        else:
            found = change(was, now)
            yield Cell(*place, "same" if found.equal else "changed" if found.real else "undecided", str(found))


def _timing(old: Mapping[str, pd.DataFrame], new: Mapping[str, pd.DataFrame]) -> Iterator[Cell]:
    """Compare ratios by their intervals and verdicts, if they were measured under the same conditions."""
    before, after = (_ratios(tables["timing"]) for tables in (old, new))
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        place = ("timing", " ".join(key[:3]), key[3], shown_ratio(was), shown_ratio(now))
        if was is None or now is None:
            yield Cell(*place, "removed" if now is None else "added")
        elif obstacle := timing_obstacle(old["trials"], new["trials"], key[0], key[1]):
            yield Cell(*place, "not comparable", obstacle)
        else:
            yield Cell(*place, *_judge_ratio(was, now))


def _ratios(timing: pd.DataFrame) -> dict[tuple[str, ...], dict[Any, Any]]:
    return {tuple(str(row[key]) for key in RATIO): row for row in timing.to_dict("records")}


def shown_ratio(row: Mapping[Any, Any] | None) -> str | None:
    """Return the ratio of a row of the table timing with its interval, None if there is no row."""
    if row is None:
        return None
    return "no ratio" if pd.isna(row["ratio"]) else f"{row['ratio']:.3f} {interval(row['low'], row['high'])}"


def _judge_ratio(was: Mapping[Any, Any], now: Mapping[Any, Any]) -> tuple[Outcome, str]:
    """Judge the change of a ratio: whether its verdict differs, its interval excludes 1, or lies within the margin.

    The interval of the change combines those of the two ratios by the root of the sum of squares (MOVER: Zou and
    Donner, Statistics in Medicine 27, 2008). "Changed" requires the intervals that are corrected for all comparisons
    of a study.
    """
    factor, low, high = ratio_change(was, now, "low", "high")
    _, corrected_low, corrected_high = ratio_change(was, now, "family_low", "family_high")
    note = f"{factor:.3f} times the earlier ratio [{low:.3f}, {high:.3f}]"
    margin = float(now["margin"])
    if was["verdict"] != now["verdict"]:
        return "changed", f"{was['verdict']}, now {now['verdict']}; {note}"
    if math.isnan(low) or math.isnan(high):
        return "undecided", "no interval: too few processes"
    if 1 / (1 + margin) < low and high < 1 + margin:
        return "same", f"{note}, within {percent(margin)}"
    if corrected_low > 1 or corrected_high < 1:
        return "changed", note
    return "undecided", note


def ratio_change(was: Mapping[Any, Any], now: Mapping[Any, Any], low: str, high: str) -> tuple[float, float, float]:
    """Return by what factor a ratio changed, and its interval from these ends of the intervals of both."""

    def log(row: Mapping[Any, Any], column: str) -> float:
        value = float(row[column])
        return math.log(value) if 0 < value < math.inf else math.nan

    factor = log(now, "ratio") - log(was, "ratio")
    below = math.hypot(log(now, "ratio") - log(now, low), log(was, high) - log(was, "ratio"))
    above = math.hypot(log(now, high) - log(now, "ratio"), log(was, "ratio") - log(was, low))
    return math.exp(factor), math.exp(factor - below), math.exp(factor + above)


def flat(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of nested mappings by their dotted keys."""
    leaves: dict[str, Any] = {}
    for key, value in mapping.items():
        leaves |= flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return leaves
