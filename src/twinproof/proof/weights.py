"""The weights of a model: read, compared by name and shape, copied and digested."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import keras
import numpy as np

from twinproof.proof.keras_api import path
from twinproof.proof.labels import label_variables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Weights = dict[str, NDArray[np.float32]]


class NotTwinsError(Exception):
    """Two styles do not have the same weights by name and shape, so they cannot be one network."""


# The names that replace the weights' own names, by the identity of the variable.
_GOES_BY: WeakKeyDictionary[Any, dict[int, str]] = WeakKeyDictionary()


def go_by(model: keras.Model, names: dict[int, str]) -> None:
    """Give these names to the weights of a model, which are identified by their variables, from now on."""
    _GOES_BY[model] = names


def named_weights(model: keras.Model) -> dict[str, Any]:
    """Return each weight of a model under its name: that of the matched weight of another model, if there is one.

    Otherwise the name consists of the names of its layers and its own, without the model's name. Keras leaves out the
    names of models inside the model; if two weights would get the same name, all names include everything around them.
    """
    matched, all_weights = _GOES_BY.get(model, {}), list(model.weights)
    named = {matched.get(id(one)) or _own_name(model, one): one for one in all_weights}
    return named if len(named) == len(all_weights) else label_variables(model)


def weight_names(model: keras.Model) -> frozenset[str]:
    """Return the names of the weights of a model."""
    return frozenset(named_weights(model))


def weights(model: keras.Model) -> Weights:
    """Return the value of each weight under its name."""
    return {name: variable.numpy() for name, variable in named_weights(model).items()}


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
    own = named_weights(model)
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


def _own_name(model: keras.Model, variable: Any) -> str:
    full = path(variable)
    inner = full.removeprefix(f"{model.name}/")
    # A weight without a layer belongs to a layer that is named like the model.
    return inner if "/" in inner else full
