"""The differences of two models in each stage, in units of the effect of rounding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twinproof.proof.arrays import digest, distance, scale
from twinproof.proof.result import Allowed, Outcome, Stage, StageResult

if TYPE_CHECKING:
    from twinproof.proof.observing import Observation

# Random changes of all numbers by one unit in the last place; the largest effect counts.
DRAWS = 3

Key = tuple[Stage, str, str]


class Apart(NamedTuple):
    """One array of both models: its difference, its size, and whether every bit is the same."""

    difference: float
    scale: float
    rounding: float
    equal: bool
    digests: tuple[str, str]
    broken: bool  # not a number in both
    unstable: bool  # not a number in one of them
    values: tuple[float, float]  # of an array with one number; otherwise 0


class UnlikeError(Exception):
    """Two observations have different arrays, or different shapes."""

    def __init__(self, stage: Stage, what: str, name: str = "") -> None:
        super().__init__(what)
        self.stage, self.what, self.name = stage, what, name


def compare(first: Iterable[Observation], second: Iterable[Observation]) -> dict[Key, Apart]:
    """Return the differences of two series of observations, array by array.

    Raises
    ------
    UnlikeError
        If one has arrays that the other lacks, or different shapes.
    """
    found: dict[Key, Apart] = {}
    for one, other in zip_longest(first, second):
        if one is None or other is None or (one.stage, one.where) != (other.stage, other.where):
            raise RuntimeError(f"observations that do not belong together: {one and one[:2]}, {other and other[:2]}")
        names = _align(one, other)
        for name, other_name in names.items():
            a, b = one.arrays[name], other.arrays[other_name]
            if a.shape != b.shape:
                raise UnlikeError(one.stage, f"{name} has shape {a.shape} against {b.shape}", name)
            digests = (digest(a), digest(b))
            precision = float(np.finfo(a.dtype).eps) if a.dtype.kind == "f" else 0.0
            without = [array.dtype.kind == "f" and bool(np.isnan(array).any()) for array in (a, b)]
            broken, unstable = all(without), any(without) and not all(without)
            equal = digests[0] == digests[1]
            values = (float(a.flat[0]), float(b.flat[0])) if a.size == 1 else (0.0, 0.0)
            apart = 0.0 if equal else distance(a, b)
            found[one.stage, one.where, name] = Apart(
                apart, scale(a), precision, equal, digests, broken, unstable, values
            )
    return found


def _align(first: Observation, second: Observation) -> dict[str, str]:
    """Return the names of the second observation's arrays by those of the first."""
    if set(first.arrays) == set(second.arrays):
        return {name: name for name in first.arrays}
    only_first = [name for name in first.arrays if name not in second.arrays and not _optional(name)]
    only_second = [name for name in second.arrays if name not in first.arrays and not _optional(name)]
    if not only_first and not only_second:
        return {name: name for name in first.arrays if name in second.arrays}
    outputs = [name for name in first.arrays if name.startswith("output")]
    others = [name for name in second.arrays if name.startswith("output")]
    if outputs and len(outputs) == len(others) and set(only_first) <= set(outputs):
        return {**{name: name for name in first.arrays if name in second.arrays}, **dict(zip(outputs, others))}
    if len(outputs) != len(others):
        what = f"{len(outputs)} outputs against {len(others)}"
    else:
        one, other = (", ".join(names) or "none" for names in (only_first, only_second))
        what = f"only in the first: {one}; only in the second: {other}"
    raise UnlikeError(first.stage, what, (only_first or only_second)[0])


def _optional(name: str) -> bool:
    """Return whether an array is a part that a model may or may not report: the loss contains them all."""
    return name == "loss" or name.startswith(("reported", "added loss"))


def floors(draws: Iterable[tuple[float, Mapping[Key, Apart]]]) -> dict[Key, float]:
    """Return the largest effect of one unit in the last place on each array, over draws of these units."""
    found: dict[Key, float] = {}
    for units, draw in draws:
        for key, apart in draw.items():
            found[key] = max(found.get(key, 0.0), apart.difference / units)
    return found


def draws(allowed: Allowed) -> Iterator[float]:
    """Yield by how many units in the last place numbers are changed, draw by draw.

    One unit shows the effect of rounding. The largest number of units that counts as rounding shows effects that are
    not linear, such as Adam's second moments of a gradient that is 0 except for rounding.
    """
    yield from [1.0] * DRAWS
    yield allowed.multiple


def judge(found: Mapping[Key, Apart], effects: Mapping[Key, float], allowed: Allowed) -> dict[Stage, StageResult]:
    """Return the result of each stage that was compared.

    `effects` are those of one unit in the last place. In training steps, an array that differs is named at the first
    step in which it differs; elsewhere the array with the largest difference is named.
    """
    results: dict[Stage, StageResult] = {}
    for stage in Stage:
        keys = [key for key in found if key[0] == stage]
        if not keys:
            continue
        if all(found[key].equal for key in keys):
            results[stage] = StageResult(stage, Outcome.EQUAL, len(keys))
            continue
        far = {key: _times(key, found[key], effects, allowed) for key in keys}
        limit = allowed.limit
        worst = max(keys, key=far.__getitem__)
        outcome = Outcome.ROUNDING if far[worst] <= limit else Outcome.DIFFERENT
        if outcome == Outcome.DIFFERENT and stage == Stage.STEPS:
            worst = next(key for key in keys if far[key] > limit)
        times = far[worst] if allowed.tolerance is None else None
        results[stage] = StageResult(stage, outcome, len(keys), place_of(worst), found[worst].difference, times)
    return results


def place_of(key: Key) -> str:
    """Return the name of an array, with its inputs or its step, in words."""
    return ", ".join(part for part in (key[2], key[1]) if part)


def judge_one(key: Key, apart: Apart, effects: Mapping[Key, float], allowed: Allowed) -> Outcome:
    """Return how one array compares."""
    if apart.equal:
        return Outcome.EQUAL
    return Outcome.ROUNDING if _times(key, apart, effects, allowed) <= allowed.limit else Outcome.DIFFERENT


def worst_names(found: Mapping[Key, Apart], effects: Mapping[Key, float], stage: Stage, allowed: Allowed) -> list[str]:
    """Return the names of the arrays of a stage that differ by more than rounding, the largest difference first."""
    far: dict[str, float] = {}
    for key, apart in found.items():
        if key[0] == stage:
            far[key[2]] = max(far.get(key[2], 0.0), _times(key, apart, effects, allowed))
    return sorted((name for name, times in far.items() if times > allowed.limit), key=lambda name: -far[name])


def _times(key: Key, apart: Apart, effects: Mapping[Key, float], allowed: Allowed) -> float:
    """Return a difference in units of the tolerance, or of the effect of one unit in the last place."""
    if apart.difference == 0:
        return 0.0
    # At least one unit of the array itself.
    effect = effects.get(key, 0.0)
    unit = (
        max(effect if np.isfinite(effect) else 0.0, 2 * apart.rounding * apart.scale)
        if allowed.tolerance is None
        else allowed.tolerance
    )
    return apart.difference / unit if unit else float("inf")
