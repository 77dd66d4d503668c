"""The script that shows a difference: with two layers of Keras if they cause it, otherwise with both models."""

from __future__ import annotations

import numpy as np

from twinproof.proof.arrays import Value, flatten
from twinproof.proof.localising import Scene
from twinproof.proof.reproducer import layers_script, models_script
from twinproof.proof.result import Difference, Kind, Stage


def script(scene: Scene, said: str, difference: Difference) -> str:
    """Return a script that shows a difference by itself; "" if the models do not come from files."""
    one, other = scene.first_call(difference.first), scene.second_call(difference.second)
    if one and other and difference.kind in (Kind.LAYER, Kind.VARIABLE) and one.config != other.config:
        found = layers_script(said, one, other)
        if found:
            return found
    exam, first = scene.first.exam, scene.first
    second = {id(variable): index for index, variable in enumerate(scene.second.model.weights)}
    order = {label: index for index, label in enumerate(first.weight_order)}
    pairs = [
        (order[label], second[id(variable)])
        for label, variable in scene.matching.variables.items()
        if label in order and id(variable) in second
    ]
    targets = next((leaf for _, leaf in flatten(exam.batches[0].y)), None) if exam.trains else None
    training = None
    if targets is not None and difference.stage not in (Stage.INFERENCE, Stage.START):
        compiling = first.recipe.arguments if first.recipe else ""
        training = (Value.of(np.asarray(targets)), compiling, min(exam.steps, 3))
    inputs = {name: Value.of(np.asarray(leaf)) for name, leaf in flatten(exam.inputs[0][1])}
    return models_script(said, (first.name, scene.second.name), inputs, pairs, training)
