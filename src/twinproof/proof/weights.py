"""The weights of a model: read, compared by name and shape, copied and digested."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

from twinproof.proof.keras_api import path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]


class NotTwinsError(Exception):
    """Two styles do not have the same weights by name and shape, so that they cannot be one network."""


# The names by which the weights of a model go instead of their own, by the identity of the variable.
_GOES_BY: WeakKeyDictionary[Any, dict[int, str]] = WeakKeyDictionary()


def go_by(model: keras.Model, names: dict[int, str]) -> None:
    """Have the weights of a model, given by the identity of their variables, go by these names from now on."""
    _GOES_BY[model] = names


def weight_names(model: keras.Model) -> frozenset[str]:
    """Return the names by which the weights of a model go."""
    return frozenset(weight_name(model, variable) for variable in model.weights)


def weights(model: keras.Model) -> Weights:
    """Return the value of each weight under its name: the names of its layers and its own, without the model's name.

    Raises
    ------
    NotTwinsError
        If two weights have one name.
    """
    values: Weights = {}
    for variable in model.weights:
        name = weight_name(model, variable)
        if name in values:
            raise NotTwinsError(f"two weights are named {name}; give each layer a name of its own")
        values[name] = variable.numpy()
    return values


def digest(arrays: Iterable[NDArray[Any]]) -> str:
    """Return the SHA-256 over the bytes of `arrays`, in their order."""
    total = hashlib.sha256()
    for array in arrays:
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def weights_digest(model: keras.Model) -> str:
    """Return the SHA-256 over the weights of `model` in the order of their names."""
    values = weights(model)
    return digest(values[name] for name in sorted(values))


def copy_weights(initial: Weights, model: keras.Model) -> None:
    """Give a model these weights, which must be its own by name and shape.

    Raises
    ------
    NotTwinsError
        If they are not.
    """
    own = {weight_name(model, variable): variable for variable in model.weights}
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
            "No layer of the other style gets the same inputs and has weights of these shapes"
        )
    for name, variable in own.items():
        variable.assign(initial[name])


def weight_name(model: keras.Model, variable: Any) -> str:
    """Return the name by which a weight goes: that of another model's it was matched with, else its own."""
    matched = _GOES_BY.get(model, {}).get(id(variable))
    if matched is not None:
        return matched
    full = path(variable)
    inner = full.removeprefix(f"{model.name}/")
    # What is left without a layer is a weight of a layer that is named like the model.
    return inner if "/" in inner else full
