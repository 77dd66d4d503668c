"""Where two models diverge: the first layer with equal inputs and different outputs, or a place between two layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twinproof.proof.arrays import Value, scale
from twinproof.proof.capture import Call
from twinproof.proof.configs import describe
from twinproof.proof.result import Difference, Kind, LayerPair, Stage

INPUT, OUTPUT = "the input", "the output"


@dataclass
class Run:
    """What the layers of both models did on one batch, and the effect of rounding on each call of the first.

    `layers` maps layers of the first model to the matched layers of the second.
    """

    stage: Stage
    inputs: tuple[Value, ...]
    first: Sequence[Call]
    second: Sequence[Call]
    floors: Sequence[float]
    layers: Mapping[str, str]
    multiple: float  # of a floor; a difference up to it is rounding

    def __post_init__(self) -> None:
        self._allowed = [
            self.multiple * max(floor, *(4e-7 * scale(value.sample) for value in call.outputs), 0.0)
            for call, floor in zip(self.first, self.floors)
        ]
        self._by_second = {other: one for one, other in self.layers.items()}
        self._firsts = [(index, call) for index, call in enumerate(self.first) if call.leaf or call.holds]
        self._seconds = [(index, call) for index, call in enumerate(self.second) if call.leaf or call.holds]
        self._first_outputs = [(value, self._allowed[index]) for index, call in self._firsts for value in call.outputs]
        self._second_outputs = [value for _, call in self._seconds for value in call.outputs]
        largest = max(self._allowed, default=0.0)
        self._inputs = [(value, min(largest, 1e-6 * max(scale(value.sample), 1e-6))) for value in self.inputs]

    def locate(self) -> Difference | None:
        """Return where the models diverge; None if all layers agree and everything between them."""
        last_first, last_second = -1, -1
        for (one_index, one), (other_index, other) in self._pairs():
            if self._agree(one_index, one, other):
                last_first, last_second = max(last_first, one_index), max(last_second, other_index)
                continue
            if self._same_inputs(one, other):
                return Difference(Kind.LAYER, self.stage, one.layer, other.layer, cause=self._cause(one, other))
            return (
                self._between(last_first, one_index, last_second, other_index)
                or self._swapped(one, other)
                or self._operation(last_first, one_index)
            )
        end, other_end = len(self.first), len(self.second)
        return self._between(last_first, end, last_second, other_end) or self._operation(last_first, end)

    def side_by_side(self) -> list[LayerPair]:
        """Return the layers that were matched, with the distances of inputs and outputs."""
        pairs = []
        for (_, one), (_, other) in self._pairs():
            pairs.append(
                LayerPair(
                    one.layer,
                    other.layer,
                    one.layer_class,
                    other.layer_class,
                    _distance(one.inputs, other.inputs),
                    _distance(one.outputs, other.outputs),
                )
            )
        return pairs

    def _pairs(self) -> list[tuple[tuple[int, Call], tuple[int, Call]]]:
        """Return the calls of layers that were matched, in the order of the second model."""
        first: dict[str, list[tuple[int, Call]]] = {}
        for index, call in enumerate(self.first):
            first.setdefault(call.layer, []).append((index, call))
        pairs, seen = [], dict.fromkeys(first, 0)
        for index, call in enumerate(self.second):
            partner = self._by_second.get(call.layer)
            if partner in seen and seen[partner] < len(first[partner]):
                pairs.append((first[partner][seen[partner]], (index, call)))
                seen[partner] += 1
        return pairs

    def _agree(self, index: int, one: Call, other: Call) -> bool:
        if not one.outputs or not other.outputs:
            return True
        allowed = self._allowed[index]
        direct = len(one.outputs) == len(other.outputs) and all(
            mine.distance(theirs) <= allowed for mine, theirs in zip(one.outputs, other.outputs)
        )
        # One layer may contain what the other model writes as two layers, such as an activation.
        return (
            direct
            or any(
                mine.shape == theirs.shape and mine.distance(theirs) <= allowed
                for mine in one.outputs
                for theirs in self._second_outputs
            )
            or any(self._is_among_first(theirs) for theirs in other.outputs)
        )

    def _same_inputs(self, one: Call, other: Call) -> bool:
        return len(one.inputs) == len(other.inputs) and all(
            mine.distance(theirs) <= self._allowed_input(mine) for mine, theirs in zip(one.inputs, other.inputs)
        )

    def _allowed_input(self, value: Value) -> float:
        return next(
            (allowed for other, allowed in self._first_outputs if other.digest == value.digest),
            1e-5 * scale(value.sample),
        )

    def _is_among_first(self, value: Value) -> bool:
        return any(one.shape == value.shape and one.distance(value) <= allowed for one, allowed in self._first_outputs)

    def _is_among_second(self, value: Value, allowed: float) -> bool:
        return any(other.shape == value.shape and value.distance(other) <= allowed for other in self._second_outputs)

    def _known(self, value: Value) -> bool:
        return self._is_among_first(value) or any(
            one.shape == value.shape and one.distance(value) <= allowed for one, allowed in self._inputs
        )

    def _between(self, first_from: int, first_to: int, second_from: int, second_to: int) -> Difference | None:
        """Return the difference among unmatched layers that run between two matched ones."""
        matched = set(self._by_second)
        firsts = [
            call
            for index, call in self._firsts
            if first_from < index < first_to
            and call.layer not in self.layers
            and call.outputs
            and not all(self._is_among_second(value, self._allowed[index]) for value in call.outputs)
        ]
        seconds = [
            call
            for index, call in self._seconds
            if second_from < index < second_to
            and call.layer not in matched
            and call.outputs
            and not all(self._is_among_first(value) for value in call.outputs)
        ]
        one, other = next(iter(firsts), None), next(iter(seconds), None)
        if one and other:
            if one.inputs and other.inputs and self._same_inputs(one, other):
                return Difference(Kind.LAYER, self.stage, one.layer, other.layer, cause=self._cause(one, other))
            if self._all_known(other) and self._all_known(one):
                return Difference(
                    Kind.LAYER,
                    self.stage,
                    one.layer,
                    other.layer,
                    cause=self._other_inputs(one, other),
                )
        if one and self._all_known(one):
            return Difference(Kind.MISSING, self.stage, one.layer, cause=f"{one.layer_class} has no counterpart")
        if other and self._all_known(other):
            return Difference(Kind.EXTRA, self.stage, "", other.layer, cause=f"{other.layer_class} has no counterpart")
        return None

    def _operation(self, start: int, end: int) -> Difference:
        before = self.first[start].layer if start >= 0 else INPUT
        after = self.first[end].layer if end < len(self.first) else OUTPUT
        return Difference(Kind.OPERATION, self.stage, before, after, cause="an operation there differs or is missing")

    def _all_known(self, call: Call) -> bool:
        return bool(call.inputs) and all(self._known(value) for value in call.inputs)

    def _swapped(self, one: Call, other: Call) -> Difference | None:
        """Return the difference if another layer of the first model runs where the partner of `one` runs."""
        for call in self.first:
            if call is one or not call.holds or call.layer not in self.layers or not call.inputs:
                continue
            if len(call.inputs) == len(other.inputs) and all(
                mine.distance(theirs) <= self._allowed_input(mine) for mine, theirs in zip(call.inputs, other.inputs)
            ):
                return Difference(Kind.SWAPPED, self.stage, call.layer, one.layer, cause="their order differs")
        return None

    def _other_inputs(self, one: Call, other: Call) -> str:
        mine, theirs = (sorted(value.digest for value in call.inputs) for call in (one, other))
        said = "it gets its inputs in a different order" if mine == theirs else "it gets different inputs"
        return ", ".join(part for part in (describe(one, other), said) if part)

    def _cause(self, one: Call, other: Call) -> str:
        return describe(one, other) or "with equal inputs and equal settings it gives different outputs"


def _distance(first: Sequence[Value], second: Sequence[Value]) -> float | None:
    if len(first) != len(second) or not first:
        return None
    return max(one.distance(other) for one, other in zip(first, second))
