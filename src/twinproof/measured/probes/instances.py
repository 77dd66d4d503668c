"""Comparable instances: models of a twin's styles that start from the same weights and draw the same random numbers.

Nothing here depends on the order in which layers are constructed. Weights are copied, and layers that draw random
numbers are seeded, by their names if these agree with those of the first instance, otherwise by the match that
`twinproof prove` finds along the flow of data.
"""

import random
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from twinproof.base.errors import Described, described
from twinproof.measured.probes import StyleResult
from twinproof.measured.task import symbolic
from twinproof.measured.twins import Twin
from twinproof.proof.arrays import map_leaves
from twinproof.proof.names import name_like, random_names, seed_random_layers
from twinproof.proof.weights import copy_weights, weight_names, weights

if TYPE_CHECKING:
    from twinproof.proof.weights import Weights


class Instances:
    """Makes instances of the styles of `twin`, compiled and ready to be trained on data like `inputs`.

    The initial weights come from the first style that can be built, preferably functional; every instance starts from a
    copy of them.
    """

    def __init__(self, twin: Twin, inputs: Any, seed: int) -> None:
        self._twin, self._inputs, self._seed = twin, inputs, seed
        self._specs = twin.task.specs_of(inputs)
        self._initial: Weights | None = None
        self._names: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())

    def make(self, style: str, **compiling: Any) -> keras.Model:
        """Return a new instance; `compiling` is passed on to `compile`.

        Raises
        ------
        NotTwinsError
            If the weights or the random layers of this style differ from those of the first, by name or shape.
        """
        if self._initial is None:
            # If no style can be built, each must end with its own error, below.
            with suppress(Exception):
                self._initial = self._first_weights()
        model = self._new(style)
        self.prepare(model, **compiling)
        return model

    def construct(self, style: str) -> keras.Model:
        """Return a new instance from the style's function."""
        return self._twin.builders[style]()

    def build(self, model: keras.Model) -> None:
        """Give a new instance its weights, if it has none yet.

        A symbolic call builds a subclass without changing the state of its random layers; a training call would change
        it.
        """
        model(symbolic(self._specs))

    def prepare(self, model: keras.Model, **compiling: Any) -> None:
        """Make a built instance comparable, and compile it."""
        self.equalize(model)
        self.compile(model, **compiling)

    def equalize(self, model: keras.Model) -> None:
        """Make a built instance comparable: the same weights, the same random numbers."""
        if self._initial is None:
            weights(model)  # If the weights of no style can be determined, this one must end with its own error.
            self._initial = self._first_weights()
        self._name_like_the_first(model)
        copy_weights(self._initial, model)
        seed_random_layers(model, self._seed)
        # The order of the training images depends on the global generator, which building may have advanced.
        keras.utils.set_random_seed(self._seed)

    def compile(self, model: keras.Model, **compiling: Any) -> None:
        """Compile an instance as every probe does; `compiling` is passed on."""
        self._twin.task.compile(model, **compiling)

    def _first_weights(self) -> "Weights":
        first = self._first()
        self._names = (weight_names(first), random_names(first))
        return weights(first)

    def _first(self) -> keras.Model:
        errors = []
        for style in sorted(self._twin.builders, key="functional".__ne__):
            try:
                return self._new(style)
            except Exception as error:
                errors.append(error)
        raise errors[0]

    def _name_like_the_first(self, model: keras.Model) -> None:
        """Let the weights and random layers of a model use the names of the first instance."""
        of_weights, of_random_layers = self._names
        if weight_names(model) != of_weights or not of_random_layers <= random_names(model):
            name_like(model, self._first(), _two(self._inputs, np.random.default_rng(self._seed)))

    def _new(self, style: str) -> keras.Model:
        keras.backend.clear_session()
        keras.utils.set_random_seed(self._seed)
        model = self.construct(style)
        self.build(model)
        return model


def _two(inputs: Any, generator: np.random.Generator) -> Any:
    """Return two examples: random numbers for real inputs, and unchanged ids."""

    def drawn(leaf: Any) -> Any:
        real = leaf.dtype.kind == "f"
        return generator.random((2, *leaf.shape[1:]), np.float32).astype(leaf.dtype) if real else leaf[:2]

    return map_leaves(drawn, inputs)


def shuffled(participants: Iterable[str], seed: int) -> list[str]:
    """Return `participants` in the random order that belongs to `seed`."""
    order = list(participants)
    random.Random(seed).shuffle(order)  # noqa: S311
    return order


def attempt(measure: Callable[[], Mapping[str, Any]]) -> StyleResult:
    """Return the status of one style with its result, or with its error if `measure` raises one."""
    try:
        return {"status": "ok", "result": measure()}
    except BaseException as error:  # Also exceptions that end a process, such as that of sys.exit: they end the style.
        return {"status": "failed", "error": failure(error)}


def failure(error: BaseException) -> Described:
    """Return the description of an error that was just caught, for the record; the traceback goes to the log.

    Raises
    ------
    MemoryError
        If it is one: that of the machine, not of the style. Then there is no record, and the trial is run again.
    """
    if isinstance(error, MemoryError):
        raise error
    traceback.print_exc()
    return described(error)


def require_finite(value: float, what: str) -> float:
    """Return `value`, or raise `ArithmeticError` if it is not a finite number: a model that diverged has no result."""
    if not np.isfinite(value):
        raise ArithmeticError(f"{what} is {value}")
    return float(value)
