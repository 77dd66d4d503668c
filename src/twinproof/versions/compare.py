"""What changed from one version of the study to another."""

import math
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Literal, NamedTuple

import pandas as pd

from twinproof.analysis.rows.common import CELL
from twinproof.analysis.statistics.means import difference_interval, mean_interval
from twinproof.base.numbers import interval, percent
from twinproof.versions.find import Study

# Tables of exact values: the key columns, and the columns to compare.
EXACT = {
    "completeness": (["requirement"], ["holds"]),
    "claims": (["claim"], ["verdict"]),
    "twins": (CELL, ["gate", "control", "verdict"]),
    "identity": ([*CELL, "replicate", "style"], ["status", "outcome"]),
    "identity_steps": ([*CELL, "replicate", "style", "step"], ["weights"]),
    "learning": ([*CELL, "replicate", "style"], ["status", "seed", "weights"]),
    "graphs": ([*CELL, "replicate", "style", "function"], ["outcome", "operations", "wiring", "order"]),
    "serialization": ([*CELL, "replicate", "style", "operation", "place"], ["outcome", "optimizer"]),
    "exchange": ([*CELL, "replicate", "style", "format", "writer"], ["outcome"]),
    "introspection": ([*CELL, "replicate", "style", "check", "when"], ["outcome", "value"]),
    "faults": ([*CELL, "replicate", "style", "fault"], ["stage", "names_culprit"]),
    "pitfalls": ([*CELL, "replicate", "style", "pitfall"], ["outcome"]),
    "code": (["twin", "style"], ["lines", "branches", "names", "definitions"]),
}
RATIO = [*CELL, "style", "quantity"]
# Columns that must agree for timings to be comparable.
MACHINE = ["host", "processor", "cores", "memory", "threads", "device", "image", "lock"]

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

    Exact values (digests, outcomes, verdicts) are compared cell by cell. Accuracies are compared by their differences
    over seeds, timings by the change of their ratio if machine, threads and lock agree.
    """
    cells = [cell for name in EXACT for cell in _exact(name, old.tables[name], new.tables[name])]
    cells += _accuracy(old.tables["learning"], new.tables["learning"])
    cells += _timing(old.tables, new.tables)
    return Comparison(old.name, new.name, list(_made_from(old, new)), cells)


def _made_from(old: Study, new: Study) -> Iterator[Cell]:
    for where, before, after in (
        ("commit", {"": old.version["commit"]}, {"": new.version["commit"]}),
        ("params", _flat(old.params.content()), _flat(new.params.content())),
        ("digest", _flat(old.version["made_from"]), _flat(new.version["made_from"])),
    ):
        for what in dict.fromkeys([*before, *after]):
            if before.get(what) != after.get(what):
                yield Cell("made from", where, what, _text(before.get(what)), _text(after.get(what)), "changed")


def _exact(name: str, old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Cell]:
    keys, columns = EXACT[name]
    before, after = (_by_key(table, keys, columns) for table in (old, new))
    for key in dict.fromkeys([*before, *after]):
        for column in columns:
            was, now = before.get(key, {}).get(column), after.get(key, {}).get(column)
            outcome: Outcome = "same" if was == now else "changed"
            if key not in before or key not in after:
                outcome = "added" if key in after else "removed"
            yield Cell(name, " ".join(key), column, was, now, outcome)


def _by_key(table: pd.DataFrame, keys: list[str], columns: list[str]) -> dict[tuple[str, ...], dict[str, str | None]]:
    return {
        tuple(_text(row[key]) or "" for key in keys): {column: _text(row[column]) for column in columns}
        for row in table.to_dict("records")
    }


def _accuracy(old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Cell]:
    """Compare test accuracies: paired by seed if the versions share seeds, else by their means."""
    before, after = (_accuracies(table) for table in (old, new))
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key, {}), after.get(key, {})
        place = ("accuracy", " ".join(key), "test_accuracy", _mean(was), _mean(now))
        if not was or not now:
            yield Cell(*place, "added" if now else "removed")
            continue
        shared = sorted(was.keys() & now.keys())
        if shared:
            change = mean_interval([now[seed] - was[seed] for seed in shared])
            basis = f"over {len(shared)} seeds that both have"
        else:
            change, basis = difference_interval(list(was.values()), list(now.values())), "no seed is in both"
        outcome: Outcome = "undecided"
        if shared and all(now[seed] == was[seed] for seed in shared):
            outcome = "same"
        elif change.low > 0 or change.high < 0:
            outcome = "changed"
        bounds = "" if math.isnan(change.low) else f" [{100 * change.low:+.2f}, {100 * change.high:+.2f}]"
        note = f"{100 * change.mean:+.2f}{bounds} points, {basis}"
        yield Cell(*place, outcome, note)


def _accuracies(learning: pd.DataFrame) -> dict[tuple[str, ...], dict[int, float]]:
    trained = learning.dropna(subset="test_accuracy")
    return {
        tuple(map(str, key)): dict(zip(rows["seed"].astype(int), rows["test_accuracy"].astype(float), strict=True))
        for key, rows in trained.groupby([*CELL, "style"], sort=False)
    }


def _mean(values: Mapping[int, float]) -> str | None:
    if not values:
        return None
    return f"{100 * sum(values.values()) / len(values):.2f} %"


def _timing(old: Mapping[str, pd.DataFrame], new: Mapping[str, pd.DataFrame]) -> Iterator[Cell]:
    """Compare ratios by their intervals and verdicts, if they were measured under the same conditions."""
    before, after = (_ratios(tables["timing"]) for tables in (old, new))
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        place = ("timing", " ".join(key[:3]), key[3], _ratio(was), _ratio(now))
        if was is None or now is None:
            yield Cell(*place, "removed" if now is None else "added")
        elif obstacle := _obstacle(old["trials"], new["trials"], key[0], key[1]):
            yield Cell(*place, "not comparable", obstacle)
        else:
            yield Cell(*place, *_ratio_change(was, now))


def _ratios(timing: pd.DataFrame) -> dict[tuple[str, ...], dict[Any, Any]]:
    return {tuple(str(row[key]) for key in RATIO): row for row in timing.to_dict("records")}


def _ratio(row: Mapping[Any, Any] | None) -> str | None:
    if row is None:
        return None
    return "no ratio" if pd.isna(row["ratio"]) else f"{row['ratio']:.3f} {interval(row['low'], row['high'])}"


def _obstacle(old: pd.DataFrame, new: pd.DataFrame, environment: str, twin: str) -> str:
    """Return why the timings of a twin are not comparable, or an empty string."""
    for column in MACHINE:
        was, now = (_machine_values(trials, environment, twin, column) for trials in (old, new))
        if was != now or len(was) > 1:
            return f"{column} is {' and '.join(was)} in one and {' and '.join(now)} in the other"
    return ""


def _machine_values(trials: pd.DataFrame, environment: str, twin: str, column: str) -> list[str]:
    timed = (trials["environment"] == environment) & (trials["twin"] == twin) & (trials["probe"] == "timing")
    return sorted({_text(value) or "none" for value in trials.loc[timed, column]})


def _ratio_change(was: Mapping[Any, Any], now: Mapping[Any, Any]) -> tuple[Outcome, str]:
    """Judge the change of a ratio: whether its verdict differs, its interval excludes 1, or lies within the margin.

    The interval of the change combines those of the two ratios by the root of the sum of squares (MOVER: Zou and
    Donner, Statistics in Medicine 27, 2008). "Changed" requires the intervals that are corrected for all comparisons
    of a study.
    """
    change, low, high = _change(was, now, "low", "high")
    _, corrected_low, corrected_high = _change(was, now, "family_low", "family_high")
    note = f"{change:.3f} times the former ratio [{low:.3f}, {high:.3f}]"
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


def _change(was: Mapping[Any, Any], now: Mapping[Any, Any], low: str, high: str) -> tuple[float, float, float]:
    def log(row: Mapping[Any, Any], column: str) -> float:
        value = float(row[column])
        return math.log(value) if 0 < value < math.inf else math.nan

    change = log(now, "ratio") - log(was, "ratio")
    below = math.hypot(log(now, "ratio") - log(now, low), log(was, high) - log(was, "ratio"))
    above = math.hypot(log(now, high) - log(now, "ratio"), log(was, "ratio") - log(was, low))
    return math.exp(change), math.exp(change - below), math.exp(change + above)


def _flat(mapping: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of nested mappings by their dotted keys."""
    leaves: dict[str, Any] = {}
    for key, value in mapping.items():
        leaves |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return leaves


def _text(value: Any) -> str | None:
    """Return a value as text for comparison and display; 3.0, from a column with gaps, becomes 3."""
    if value is None or (not isinstance(value, list) and pd.isna(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
