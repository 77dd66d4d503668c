"""Comparable instances: models of a twin's styles that start from the same weights and draw the same random numbers.

Nothing here depends on the order in which layers are constructed: weights are copied by name from one instance, and
each layer that draws random numbers is seeded by its name.
"""

import hashlib
import random
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from twinproof.errors import described
from twinproof.probes.generations import path, seed_random_layers
from twinproof.twins import Twin

if TYPE_CHECKING:
    from numpy.typing import NDArray

Weights = dict[str, "NDArray[np.float32]"]


class NotTwinsError(Exception):
    """Two styles do not have the same weights by name and shape, so that they cannot be one network."""


def weights(model: keras.Model) -> Weights:
    """Return the value of each weight under its name: the names of its layers and its own, without the model's name.

    Raises
    ------
    NotTwinsError
        If two weights have one name.
    """
    values: Weights = {}
    for variable in model.weights:
        name = _name(model, variable)
        if name in values:
            raise NotTwinsError(f"two weights are named {name}; give each layer a name of its own")
        values[name] = variable.numpy()
    return values


def digest(arrays: Iterable["NDArray[Any]"]) -> str:
    """Return the SHA-256 over the bytes of `arrays`, in their order."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def weights_digest(model: keras.Model) -> str:
    """Return the SHA-256 over the weights of `model` in the order of their names."""
    values = weights(model)
    return digest(values[name] for name in sorted(values))


class Instances:
    """Makes instances of the styles of `twin`, compiled and ready to be trained on images of `pixels` values.

    The first style that can be built, functional before all others, gives the initial weights; every instance starts
    from a copy of them.
    """

    def __init__(self, twin: Twin, pixels: int, seed: int) -> None:
        self._twin, self._pixels, self._seed = twin, pixels, seed
        self._initial: Weights | None = None

    def make(self, style: str, **compiling: Any) -> keras.Model:
        """Return a new instance; `compiling` is passed on to `compile`.

        Raises
        ------
        NotTwinsError
            If the weights or the random layers of this style differ from those of the first, by name or shape.
        """
        if self._initial is None:
            # Where no style can be built, each is to end with its own error, below.
            with suppress(Exception):
                self._initial = self._first_weights()
        model = self._new(style)
        self.prepare(model, **compiling)
        return model

    def construct(self, style: str) -> keras.Model:
        """Return a new instance as the style's function makes it."""
        return self._twin.builders[style]()

    def build(self, model: keras.Model) -> None:
        """Give a new instance its weights, if it has none yet.

        A symbolic call builds a subclass without moving the state of its random layers, as a training call would.
        """
        model(keras.Input((self._pixels,)))

    def prepare(self, model: keras.Model, **compiling: Any) -> None:
        """Make a built instance comparable, and compile it."""
        if self._initial is None:
            weights(model)  # Where the weights of no style can be told, this one is to end with its own error.
            self._initial = self._first_weights()
        _assign(model, self._initial)
        seed_random_layers(model, self._seed)
        # The order of the training images is drawn from the global seed, which building may have used up.
        keras.utils.set_random_seed(self._seed)
        model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"], **compiling)

    def _first_weights(self) -> Weights:
        errors = []
        for style in sorted(self._twin.builders, key="functional".__ne__):
            try:
                return weights(self._new(style))
            except Exception as error:
                errors.append(error)
        raise errors[0]

    def _new(self, style: str) -> keras.Model:
        keras.backend.clear_session()
        keras.utils.set_random_seed(self._seed)
        model = self.construct(style)
        self.build(model)
        return model


def shuffled(participants: Iterable[str], seed: int) -> list[str]:
    """Return `participants` in the random order that belongs to `seed`."""
    order = list(participants)
    random.Random(seed).shuffle(order)  # noqa: S311
    return order


def attempt(measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the status of one style with its result, or with its error if `measure` raises one."""
    try:
        return {"status": "ok", "result": measure()}
    except BaseException as error:  # Also what ends a process, as sys.exit does: it ends the style.
        return {"status": "failed", "error": failure(error)}


def failure(error: BaseException) -> dict[str, str]:
    """Return what a record tells of an error that was just caught; the traceback goes to the log.

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


def _name(model: keras.Model, variable: Any) -> str:
    full = path(variable)
    inner = full.removeprefix(f"{model.name}/")
    # What is left without a layer is a weight of a layer that is named like the model.
    return inner if "/" in inner else full


def _assign(model: keras.Model, initial: Weights) -> None:
    own = {_name(model, variable): variable for variable in model.weights}
    found = {name: tuple(variable.shape) for name, variable in own.items()}
    expected = {name: value.shape for name, value in initial.items()}
    if found != expected:
        differing = [
            f"{name} is {found.get(name, 'missing')} against {expected.get(name, 'none of that name')}"
            for name in sorted({*found, *expected})
            if found.get(name) != expected.get(name)
        ]
        raise NotTwinsError(
            f"the weights differ by name or shape from those of the other style: {'; '.join(differing)}. "
            "Layers that mean the same are to have the same name in every style"
        )
    for name, variable in own.items():
        variable.assign(initial[name])
