"""Differences of two matched models without running them: variables, flags, types, penalties, compile settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from twinproof.proof.arrays import Array
from twinproof.proof.capture import Call
from twinproof.proof.configs import always_counts, describe, differences, flat, is_starting, starts_constant, words
from twinproof.proof.labels import unique_holders
from twinproof.proof.matching import Matching
from twinproof.proof.reference import Declared
from twinproof.proof.result import Difference, Kind, Stage

# The spread of two arrays of this size shows whether they were drawn from the same distribution.
ENOUGH = 256
SPREADS = 1.3


def unmatched(first: Sequence[Call], second: Sequence[Call], matching: Matching) -> Iterator[Difference]:
    """Yield the layers without a counterpart, or with different variables in it; the earliest first."""
    missing, extra = set(matching.only_first), set(matching.only_second)
    left = [call for call in unique_holders(first) if missing & set(call.variables)]
    right = [call for call in unique_holders(second) if extra & set(call.variables)]
    order = {call.layer: index for index, call in enumerate(unique_holders(first))}
    pairs, alone = _pair_up(left, right)
    found: list[tuple[int, Difference]] = []
    for one, other in pairs:
        found.append(
            (
                order[one.layer],
                Difference(Kind.LAYER, Stage.STRUCTURE, one.layer, other.layer, cause=_variables(one, other)),
            )
        )
    for one in alone:
        cause = f"{one.layer_class} with {_shapes(one)} has no counterpart"
        found.append((order[one.layer], Difference(Kind.MISSING, Stage.STRUCTURE, one.layer, cause=cause)))
    yield from (difference for _, difference in sorted(found, key=lambda item: item[0]))
    paired = {other.layer for _, other in pairs}
    for other in right:
        if other.layer not in paired:
            cause = f"{other.layer_class} with {_shapes(other)} has no counterpart"
            yield Difference(Kind.EXTRA, Stage.STRUCTURE, "", other.layer, cause=cause)
    inside = {label for call in left for label in call.variables}
    within = {label for call in right for label in call.variables}
    for label in matching.only_first:
        if label not in inside:
            yield Difference(
                Kind.VARIABLE, Stage.STRUCTURE, variable=label, cause="the second model has no such variable"
            )
    for label in matching.only_second:
        if label not in within:
            yield Difference(
                Kind.VARIABLE, Stage.STRUCTURE, variable=label, cause="the first model has no such variable"
            )


def flags(first: Mapping[str, Declared], second: Mapping[str, Declared], matching: Matching) -> Iterator[Difference]:
    """Yield the variables with different declarations: trained or not, type, penalty, constraint."""
    for label, one in first.items():
        other = second.get(label)
        if other is None or one == other:
            continue
        causes = [
            f"its {name} is {mine} against {theirs}"
            for name, mine, theirs in zip(("", "type", "regularizer", "constraint"), one, other)
            if mine != theirs and name and mine and theirs
        ]
        if one.trained != other.trained:
            causes.insert(0, _trained(one.trained))
        if causes:
            layer, partner = label.rpartition("/")[0], matching.labels.get(label, "").rpartition("/")[0]
            yield Difference(Kind.VARIABLE, Stage.STRUCTURE, layer, partner, label, ", ".join(causes))


def settings(first: Sequence[Call], second: Sequence[Call], matching: Matching) -> Iterator[Difference]:
    """Yield the matched layers whose settings differ in ways that inputs may not show."""
    others = {call.layer: call for call in second}
    for call in unique_holders(first):
        other = others.get(matching.layers.get(call.layer, ""))
        if other is None or call.layer_class != other.layer_class or not (call.of_keras and other.of_keras):
            continue
        found = differences(call.config, other.config)
        counting = [
            words(key, pair) for key, pair in found.items() if always_counts(key, pair) and not is_starting(key)
        ]
        if counting:
            yield Difference(Kind.LAYER, Stage.STRUCTURE, call.layer, other.layer, cause=", ".join(counting))
    yield from _without_variables(first, second)


def _without_variables(first: Sequence[Call], second: Sequence[Call]) -> Iterator[Difference]:
    """Yield the layers without variables whose settings differ, of each class that both models have in the same number.

    They are paired by these settings, so that their order does not matter.
    """
    groups = [_by_class(calls) for calls in (first, second)]
    for name, mine in groups[0].items():
        theirs = groups[1].get(name, [])
        for one, other in zip(mine, theirs) if len(mine) == len(theirs) else ():
            found = differences(one.config, other.config)
            counting = [words(key, pair) for key, pair in found.items() if always_counts(key, pair)]
            if counting:
                yield Difference(Kind.LAYER, Stage.STRUCTURE, one.layer, other.layer, cause=", ".join(counting))
                break


def _by_class(calls: Sequence[Call]) -> dict[str, list[Call]]:
    """Return the layers of Keras without variables, by class, in the order of the settings that count."""
    found: dict[str, dict[str, Call]] = {}
    for call in calls:
        if not call.holds and call.of_keras and call.leaf:
            found.setdefault(call.layer_class, {}).setdefault(call.layer, call)
    return {name: sorted(layers.values(), key=_settings) for name, layers in found.items()}


def _settings(call: Call) -> list[tuple[str, str]]:
    settings = flat(call.config).items()
    return [(key, f"{value:g}" if isinstance(value, float) else str(value)) for key, value in settings]


def starts(
    first: Sequence[Call],
    second: Sequence[Call],
    matching: Matching,
    began: Mapping[str, Array],
    other_began: Mapping[str, Array],
) -> Iterator[Difference]:
    """Yield the layers and variables with different initial values.

    Initializers are compared first, then the values themselves: a builder may set or load them.
    """
    others = {call.layer: call for call in second}
    explained: set[str] = set()
    fixed: set[str] = set()
    for call in unique_holders(first):
        other = others.get(matching.layers.get(call.layer, ""))
        if other is None or call.layer_class != other.layer_class or not (call.of_keras and other.of_keras):
            continue
        found = differences(call.config, other.config)
        starting = [words(key, pair) for key, pair in found.items() if is_starting(key)]
        fixed.update(label for label in call.variables if starts_constant(call.config, label.rpartition("/")[2]))
        if starting:
            explained.update(call.variables)
            yield Difference(Kind.LAYER, Stage.START, call.layer, other.layer, cause=", ".join(starting))
    for label, value in began.items():
        if label in explained or label not in other_began:
            continue
        cause = _start(value, other_began[label], label in fixed)
        if cause:
            layer, partner = label.rpartition("/")[0], matching.labels.get(label, "").rpartition("/")[0]
            yield Difference(Kind.VARIABLE, Stage.START, layer, partner, label, cause)


def compiled(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield the settings of optimizers and of losses with one name that differ: some show only on certain data."""
    for key, pair in _apart(first, second):
        if key.split()[0] != "loss":  # An optimizer may have any name, such as loss_optimizer.
            yield Difference(Kind.COMPILED, Stage.STRUCTURE, "optimizer", cause=words(key, pair))
        elif any(key.startswith(f"{loss} ") and first[loss] == second.get(loss) for loss in first):
            yield Difference(Kind.COMPILED, Stage.STRUCTURE, "loss", cause=words(key, pair))


def settings_words(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """Return every setting of two compiled models that differs, in words."""
    return ", ".join(words(key, pair) for key, pair in _apart(first, second))


def _apart(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    for key, value in first.items():
        if key in second and value != second[key] and not _nothing(value, second[key]):
            yield key, (value, second[key])


def _nothing(one: Any, other: Any) -> bool:
    return not one and not other and not isinstance(one, bool)


def _pair_up(left: list[Call], right: list[Call]) -> tuple[list[tuple[Call, Call]], list[Call]]:
    """Pair layers of one class with different variables, by name, otherwise in order."""
    pairs: list[tuple[Call, Call]] = []
    rest = list(right)
    for key in ("name", "class"):
        for one in left:
            if any(one is paired for paired, _ in pairs):
                continue
            for other in rest:
                if one.layer_class == other.layer_class and (key == "class" or one.name == other.name):
                    pairs.append((one, other))
                    rest.remove(other)
                    break
    if len(left) == len(right) == 1 and not pairs:
        pairs = [(left[0], right[0])]
    return pairs, [one for one in left if not any(one is paired for paired, _ in pairs)]


def _variables(one: Call, other: Call) -> str:
    said = describe(one, other)
    return said or f"it has {_shapes(one)} against {_shapes(other)}"


def _shapes(call: Call) -> str:
    return ", ".join(f"{label.rpartition('/')[2]} {shape}" for label, shape in zip(call.variables, call.shapes))


def _trained(first: bool) -> str:
    return (
        "the first model trains it, the second does not" if first else "the second model trains it, the first does not"
    )


def _start(one: Array, other: Array, fixed: bool) -> str:
    """Return how two initial values differ; those that are not `fixed` by the initializer may be random."""
    if one.dtype.kind != "f" or one.shape != other.shape or not one.size or np.array_equal(one, other):
        return ""
    constant = [float(array.flat[0]) if np.ptp(array) == 0 else None for array in (one, other)]
    if fixed and constant == [None, None]:
        return "it starts with other values, although its initializer is the same"
    if constant[0] is not None or constant[1] is not None:
        if (fixed or one.size > 1) and constant[0] != constant[1]:
            said = ["several numbers" if value is None else f"{value:g}" for value in constant]
            return f"it starts as {said[0]} against {said[1]}"
        return ""
    if one.size < ENOUGH:
        return ""
    spreads = float(one.std()), float(other.std())
    if max(spreads) > SPREADS * min(spreads):
        return f"it starts with a spread of {spreads[0]:.3g} against {spreads[1]:.3g}"
    return ""
