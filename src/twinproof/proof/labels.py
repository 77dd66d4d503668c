"""The labels of variables, and the layers that have something to match."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import keras

from twinproof.proof.capture import Call, place
from twinproof.proof.keras_api import own_variables, path

# The distance between the numbers of random streams of two such layers.
STREAMS = 100


def label_variables(model: keras.Model) -> dict[str, Any]:
    """Return the variables of a model by the path of their layer and their own name."""
    paths = place(model)
    weights = {id(variable) for variable in model.weights}
    found: dict[str, Any] = {}
    seen: set[int] = set()

    def add(name: str, variable: Any) -> None:
        if id(variable) in seen or id(variable) not in weights:
            return
        label, number = name, 2
        while label in found:
            label, number = f"{name}#{number}", number + 1
        found[label] = variable
        seen.add(id(variable))

    for layer in model._flatten_layers():
        prefix = "" if layer is model else f"{paths.get(id(layer), layer.name)}/"
        for variable in own_variables(layer):
            add(f"{prefix}{path(variable).rpartition('/')[2]}", variable)
    for variable in model.weights:
        add(path(variable), variable)
    return found


def shapes_of(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a model's variables, by label."""
    return {label: tuple(variable.shape) for label, variable in label_variables(model).items()}


def unique_holders(calls: Sequence[Call]) -> list[Call]:
    """Return the first call of each layer with variables or a random state, in the order in which they run."""
    found: dict[str, Call] = {}
    for call in calls:
        if call.holds:
            found.setdefault(call.layer, call)
    return list(found.values())


def is_automatic(call: Call) -> bool:
    """Return whether Keras chose the name of a layer: such names depend on the layers made before."""
    stem = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])", "_", call.layer_class).lower()
    return re.fullmatch(rf"_*{re.escape(stem)}(_\d+)?", call.name.lower()) is not None
