"""Matches layers and variables of the second model with those of the first: by name if names agree, else by the data.

The second model is run, at first with its own weights. Before a layer with variables runs, it gets those of the layer
of the first model that had the same inputs, so that the following layers get the same inputs too. If several fit, each
is tried, and a later contradiction rules it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, permutations, product
from typing import Any

import keras
import numpy as np

from twinproof.base.words import Word
from twinproof.proof.arrays import Array, Value
from twinproof.proof.capture import Call, Recorder, held_variables, recording
from twinproof.proof.errors import CannotTellError
from twinproof.proof.keras_api import generators, path, value_of
from twinproof.proof.labels import STREAMS, is_automatic, label_variables, unique_holders

# The number of runs of the second model to find a match.
MOST_ATTEMPTS = 200
# The number of orders of layers to try if one layer was written as several.
MOST_ORDERS = 24


@dataclass
class Matching:
    """A match: `variables` and `layers` map the first model's labels and paths to those of the second model."""

    variables: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    layers: dict[str, str] = field(default_factory=dict)
    generators: list[tuple[Any, int]] = field(default_factory=list)
    only_first: list[str] = field(default_factory=list)
    only_second: list[str] = field(default_factory=list)
    agrees: bool = False


def match(
    first: Sequence[Call],
    values: Mapping[str, Array],
    began: Mapping[str, Array],
    model: keras.Model,
    run: Callable[[], Any],
    outputs: tuple[Value, ...],
    hints: Mapping[str, str],
    by_name: bool = True,
) -> Matching:
    """Match the second `model` with the first, and give it the first one's `values` by label.

    `began` are the initial values of the first model. `run` runs the second model on the inputs on which the calls of
    the first were recorded, and `outputs` are the outputs of the first.

    Raises
    ------
    CannotTellError
        If a hint names a variable that does not exist, or two with different shapes.
    """
    search = _Search(first, values, began, model, run, outputs, hints, by_name)
    return search.best()


class _Contradiction(BaseException):
    """A layer gets inputs that no remaining layer of the first model gets.

    Not an `Exception`, because Keras and models catch these.
    """


class _Strictness(Word):
    """What an attempt does if a layer gets inputs that no layer of the first model gets."""

    STOP = "stop"
    GO_ON = "go on"
    OUTPUTS = "let the outputs decide"


@dataclass
class _Attempt:
    choices: list[tuple[int, int]] = field(default_factory=list)  # the choice, and the number of choices
    before: int = 0  # choices made before the first contradiction
    depth: int = 0  # layers that agreed before it
    agrees: bool = True
    pairs: dict[str, tuple[Call, Call, list[tuple[str, Any, str]]]] = field(default_factory=dict)
    layers: dict[str, Any] = field(default_factory=dict)

    @property
    def taken(self) -> list[int]:
        """The choices before the first contradiction."""
        return [choice for choice, _ in self.choices[: self.before]]


class _Search:
    def __init__(
        self,
        first: Sequence[Call],
        values: Mapping[str, Array],
        began: Mapping[str, Array],
        model: keras.Model,
        run: Callable[[], Any],
        outputs: tuple[Value, ...],
        hints: Mapping[str, str],
        by_name: bool,
    ) -> None:
        self._first, self._values, self._began, self._model = unique_holders(first), values, began, model
        self._run, self._outputs, self._by_name = run, outputs, by_name
        self._own = label_variables(model)
        self._labels = {id(variable): label for label, variable in self._own.items()}
        self._start = {label: value_of(variable) for label, variable in self._own.items()}
        self._hints = self._read_hints(hints)
        self._named: dict[str, str] | None = None
        self._second: list[Call] = []

    def best(self) -> Matching:
        best = self._search(MOST_ATTEMPTS, _Strictness.STOP)
        if not best.agrees:
            # Inputs may have another form, such as one row for all: then only the outputs decide.
            loose = self._search(MOST_ORDERS, _Strictness.OUTPUTS)
            best = loose if loose.agrees else self._attempt(best.taken, _Strictness.GO_ON)
        return self._finish(best)

    def _search(self, most: int, strictness: _Strictness) -> _Attempt:
        """Return the first attempt that agrees, or the one that agrees for longest; deep choices change first."""
        best, taken = _Attempt(agrees=False, depth=-1), list[int]()
        for _ in range(most):
            attempt = self._attempt(taken, strictness)
            if (attempt.agrees, attempt.depth) > (best.agrees, best.depth):
                best = attempt
            deepest = [i for i in range(attempt.before) if attempt.choices[i][0] + 1 < attempt.choices[i][1]]
            if attempt.agrees or not deepest:
                break
            taken = [choice for choice, _ in attempt.choices[: deepest[-1]]] + [attempt.choices[deepest[-1]][0] + 1]
        return best

    def _attempt(self, taken: list[int], strictness: _Strictness) -> _Attempt:
        for label, variable in self._own.items():
            variable.assign(self._start[label])
        attempt = _Attempt()
        left = {call.layer: call for call in self._first}

        def contradiction() -> None:
            if attempt.agrees:
                attempt.agrees, attempt.before = False, len(attempt.choices)
            if strictness == _Strictness.STOP:
                raise _Contradiction

        def enter(call: Call, layer: Any) -> None:
            if call.layer in attempt.layers:
                return
            attempt.layers[call.layer] = layer
            options = list(self._options(call, layer, left, every=strictness == _Strictness.OUTPUTS))
            if not options:
                contradiction()
                return
            index = 0
            if len(options) > 1:
                number = len(attempt.choices)
                index = taken[number] if number < len(taken) else 0
                attempt.choices.append((index, len(options)))
            partner, pairs, near = options[index]
            del left[partner.layer]
            attempt.pairs[call.layer] = (partner, call, pairs)
            for label, variable, _ in pairs:
                variable.assign(self._values[label])
            if near and attempt.agrees:
                attempt.depth += 1
            elif not near and strictness != _Strictness.OUTPUTS:
                contradiction()

        recorder = Recorder(self._model, enter, self._labels)
        # Variables of no called layer get their values first.
        for label, variable in self._hints.items():
            variable.assign(self._values[label])
        for label, other in self._uncalled().items():
            other.assign(self._values[label])
        try:
            with recording(recorder):
                outputs = self._run()
        except _Contradiction:
            return attempt
        if attempt.agrees and not _near(outputs, self._outputs):
            attempt.agrees, attempt.before = False, len(attempt.choices)
        return attempt

    def _options(
        self, call: Call, layer: Any, left: Mapping[str, Call], every: bool
    ) -> Iterator[tuple[Call, list[tuple[str, Any, str]], bool]]:
        """Yield the layers of the first model that may match this one, with pairs of variables; likely ones first."""
        variables = held_variables(layer)
        fitting = [
            partner
            for partner in left.values()
            if sorted(partner.shapes) == sorted(call.shapes) and (variables or partner.layer_class == call.layer_class)
        ]
        named = self._by_names().get(call.layer)
        hinted = {label for label, variable in self._hints.items() if any(variable is one for one in variables)}
        if hinted:
            fitting = [partner for partner in fitting if hinted & set(partner.variables)]
        elif named is not None:
            fitting = [partner for partner in fitting if partner.layer == named]
        else:
            taken = set(self._by_names().values())
            fitting = [partner for partner in fitting if partner.layer not in taken]
        near = [partner for partner in fitting if _near(call.inputs, partner.inputs)]
        same = [partner for partner in near or fitting if partner.layer_class == call.layer_class]
        chosen = same or near or fitting
        for partner in chosen if near or every else chosen[:1]:
            for pairs in self._arrangements(partner, variables):
                yield partner, pairs, bool(near)

    def _arrangements(self, partner: Call, variables: list[Any]) -> Iterator[list[tuple[str, Any, str]]]:
        """Yield the ways to pair the variables of two layers: by name if names agree, else by shape and first value."""
        labels = [self._labels.get(id(variable), path(variable)) for variable in variables]
        tails = {_tail(label): (label, shape) for label, shape in zip(partner.variables, partner.shapes)}
        own = {_tail(label): index for index, label in enumerate(labels)}
        fixed = {label: variable for label, variable in self._hints.items() if label in partner.variables}
        if not fixed and set(tails) == set(own) and len(tails) == len(variables) == len(partner.variables):
            named = [(tails[tail][0], variables[own[tail]], labels[own[tail]]) for tail in tails]
            if all(tuple(variable.shape) == tails[_tail(label)][1] for label, variable, _ in named):
                yield named
                return
        shapes = list(dict.fromkeys(partner.shapes))
        groups = []
        for shape in shapes:
            mine = [label for label, one in zip(partner.variables, partner.shapes) if one == shape]
            theirs = [index for index, one in enumerate(variables) if tuple(one.shape) == shape]
            orders = [
                order
                for order in permutations(theirs)
                if all(fixed.get(label, variables[index]) is variables[index] for label, index in zip(mine, order))
            ][:24]
            orders.sort(key=lambda order: -self._agreeing(mine, [labels[index] for index in order]))
            groups.append([list(zip(mine, order)) for order in orders])
        for combination in product(*groups):
            yield [(label, variables[i], labels[i]) for group in combination for label, i in group]

    def _agreeing(self, first: Sequence[str], second: Sequence[str]) -> int:
        return sum(
            np.array_equal(self._began[one], self._start[other])
            for one, other in zip(first, second)
            if other in self._start
        )

    def _by_names(self) -> dict[str, str]:
        """Return the layers of the second model whose user-given names identify layers of the first."""
        if self._named is None:
            found = self._find_names()
            self._named = found if self._by_name else {}
        return self._named

    def _find_names(self) -> dict[str, str]:
        recorder = Recorder(self._model, labels=self._labels)
        with recording(recorder):
            self._run()
        self._second = unique_holders(recorder.calls)
        found: dict[str, str] = {}
        for shapes in {tuple(sorted(call.shapes)) for call in self._first}:
            first = _named(call for call in self._first if tuple(sorted(call.shapes)) == shapes)
            second = _named(call for call in self._second if tuple(sorted(call.shapes)) == shapes)
            if set(first) <= set(second) or set(second) <= set(first):
                found.update({second[name]: first[name] for name in first if name in second})
        return found

    def _uncalled(self) -> dict[str, Any]:
        """Return the variables of the second model that no layer call shows, by the first model's labels."""
        self._by_names()
        first_called = {label for call in self._first for label in call.variables}
        first = [label for label in self._values if label not in first_called]
        called = {label for call in self._second for label in call.variables}
        second = [label for label in self._own if label not in called]
        pairs = [(label, label) for label in first if label in second and self._fits(label, label)]
        taken = {label for label, _ in pairs}
        rest = [[label for label in labels if label not in taken] for labels in (first, second)]
        return {label: self._own[other] for label, other in [*pairs, *self._by_shape(*rest)]}

    def _fits(self, label: str, other: str) -> bool:
        return tuple(self._own[other].shape) == self._values[label].shape

    def _read_hints(self, hints: Mapping[str, str]) -> dict[str, Any]:
        found = {}
        for label, other in hints.items():
            for name, there, side in ((label, self._values, "first"), (other, self._own, "second")):
                if name not in there:
                    raise CannotTellError(
                        f"--map {label}={other}: the {side} model has no variable {name}; it has {', '.join(there)}"
                    )
            if self._values[label].shape != tuple(self._own[other].shape):
                raise CannotTellError(
                    f"--map {label}={other}: the shapes are {self._values[label].shape} and "
                    f"{tuple(self._own[other].shape)}"
                )
            found[label] = self._own[other]
        return found

    def _finish(self, attempt: _Attempt) -> Matching:
        result = Matching(agrees=attempt.agrees)
        order = {call.layer: index for index, call in enumerate(self._first)}
        for name, (partner, call, pairs) in attempt.pairs.items():
            result.layers[partner.layer] = call.layer
            for label, variable, other in pairs:
                result.variables[label], result.labels[label] = variable, other
            drawn = generators(attempt.layers[name], inside=call.whole)
            result.generators += [(one, STREAMS * order[partner.layer] + i) for i, one in enumerate(drawn)]
        for label, variable in self._uncalled().items():
            if label not in result.variables:
                result.variables[label] = variable
                result.labels[label] = self._labels[id(variable)]
        self._pair_leftovers(result)
        taken = {id(variable) for variable in result.variables.values()}
        result.only_first = [label for label in self._values if label not in result.variables]
        result.only_second = [label for label, variable in self._own.items() if id(variable) not in taken]
        result.variables = {label: result.variables[label] for label in self._values if label in result.variables}
        return result

    def _pair_leftovers(self, result: Matching) -> None:
        """Pair variables of unmatched layers if their shapes allow it: one layer may be written as two.

        If several layers have the same shapes, the order that gives the outputs of the first model is used.
        """
        taken = {id(variable) for variable in result.variables.values()}
        first = _blocks(self._first, [label for label in self._values if label not in result.variables])
        left = [label for label, variable in self._own.items() if id(variable) not in taken]
        second = _blocks(self._second, left)
        if not first or not second:
            return
        shuffled, fixed = (first, second) if len(first) > len(second) else (second, first)
        best: list[tuple[str, str]] = []
        for order in islice(permutations(shuffled), MOST_ORDERS):
            one, other = (order, fixed) if shuffled is first else (fixed, order)
            pairs = self._by_shape(
                [label for block in one for label in block], [label for block in other for label in block]
            )
            if not len(pairs) == sum(map(len, first)) == sum(map(len, second)):
                return
            for label, partner in pairs:
                self._own[partner].assign(self._values[label])
            best = best or pairs
            if _near(self._run(), self._outputs):
                best, result.agrees = pairs, True
                break
        for label, partner in best:
            result.variables[label], result.labels[label] = self._own[partner], partner
            self._own[partner].assign(self._values[label])

    def _by_shape(self, first: Sequence[str], second: Sequence[str]) -> list[tuple[str, str]]:
        """Return all pairs of labels of both models with the same shape, in their orders."""
        left, pairs = list(second), []
        for label in first:
            partner = next((other for other in left if self._fits(label, other)), None)
            if partner is not None:
                left.remove(partner)
                pairs.append((label, partner))
        return pairs


def _blocks(calls: Sequence[Call], labels: Sequence[str]) -> list[list[str]]:
    """Return labels by their layer, in the order in which the layers run; those without a layer come last."""
    blocks = [[label for label in call.variables if label in labels] for call in calls]
    held = {label for block in blocks for label in block}
    return [block for block in [*blocks, [label for label in labels if label not in held]] if block]


def _named(calls: Iterator[Call]) -> dict[str, str]:
    names: dict[str, list[str]] = {}
    for call in calls:
        if not is_automatic(call):
            names.setdefault(call.name, []).append(call.layer)
    return {name: layers[0] for name, layers in names.items() if len(layers) == 1}


def _near(inputs: tuple[Value, ...], others: tuple[Value, ...]) -> bool:
    return len(inputs) == len(others) and all(one.near(other) for one, other in zip(inputs, others))


def _tail(label: str) -> str:
    return label.rpartition("/")[2]
