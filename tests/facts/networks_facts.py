"""Prints the inputs and outputs of the networks of the wider study, and whether their styles compute the same."""

import json
import tempfile
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np

from twinproof.base.styles import PROVEN
from twinproof.measured.probes.instances import attempt
from twinproof.proof.arrays import flatten
from twinproof.proof.names import name_like, seed_random_layers
from twinproof.proof.weights import copy_weights, digest, weight_names, weights, weights_digest

NETWORKS = (
    "lenet", "residual", "recurrent", "patches", "tokens",
    "siamese", "multitask", "denoising", "variational", "mixture",
)  # fmt: skip
USUAL = {"optimizer": "adam", "loss": "categorical_crossentropy"}
COUNT = 20
DRAW = np.random.default_rng(0)
# Dark except for a bright square, like digits, so that not every token is used.
IMAGES = np.pad(DRAW.random((COUNT, 16, 16), dtype=np.float32), ((0, 0), (6, 6), (6, 6))).reshape(COUNT, 784)
LABELS = np.arange(COUNT, dtype=np.int64) % 10


def given(module: ModuleType) -> tuple[Any, Any]:
    """Return inputs and targets as the module makes them, else flat images and their classes."""
    data = getattr(module, "data", lambda images, labels: (images, np.eye(10, dtype="float32")[labels]))
    inputs, targets = data(IMAGES, LABELS)
    return inputs, targets


def form(structure: Any) -> dict[str, Any]:
    """Return the shape and type of each array, by its place."""
    arrays = {place: np.asarray(leaf) for place, leaf in flatten(structure)}
    return {place: [list(array.shape), array.dtype.name] for place, array in arrays.items()}


def reloads(model: keras.Model, inputs: Any) -> dict[str, Any]:
    """Return whether the model computes the same after saving and loading, or why that fails."""

    def measure() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.keras"
            model.save(file)
            loaded = keras.models.load_model(file)
        return {"equal": outputs(loaded, inputs) == outputs(model, inputs)}

    return attempt(measure)


def digests(structure: Any) -> dict[str, str]:
    return {place: digest([np.asarray(leaf)]) for place, leaf in flatten(structure)}


def outputs(model: keras.Model, inputs: Any) -> dict[str, str]:
    return digests(model(inputs, training=False))


def trace(model: keras.Model, module: ModuleType, inputs: Any, targets: Any) -> dict[str, Any]:
    """Return the digests of the model's outputs and of its weights after a step, and the losses of some steps."""
    before = outputs(model, inputs)
    seed_random_layers(model, 1)
    # The proof checks compiled steps; compiling would take most of the time here.
    model.compile(**{**getattr(module, "compiling", lambda: USUAL)(), "metrics": None}, run_eagerly=True)
    losses = [model.train_on_batch(inputs, targets)]
    after = weights_digest(model)
    losses += [model.train_on_batch(inputs, targets) for _ in range(2)]
    return {"outputs": before, "after a step": after, "losses": [float(np.ravel(loss)[0]) for loss in losses]}


def facts_of(module: ModuleType) -> dict[str, Any]:
    inputs, targets = given(module)
    keras.utils.set_random_seed(0)
    first = module.functional()
    models = {
        style: first if style == "functional" else getattr(module, style)()
        for style in PROVEN
        if hasattr(module, style)
    }
    start = weights(first)
    for model in models.values():
        if weight_names(model) != weight_names(first):
            name_like(model, first, inputs)
        copy_weights(start, model)
    return {
        "data": {"inputs": form(inputs), "targets": form(targets)},
        "same again": digests(given(module)) == digests((inputs, targets)),
        "parameters": {style: model.count_params() for style, model in models.items()},
        "gives": {style: form(model(inputs)) for style, model in models.items()},
        "reloads": {style: reloads(model, inputs) for style, model in models.items()},
        "traces": {style: trace(model, module, inputs, targets) for style, model in models.items()},
    }


def main() -> None:
    modules = {name: import_module(f"twinproof.measured.twins.{name}") for name in NETWORKS}
    print(json.dumps({name: facts_of(module) for name, module in modules.items()}))


if __name__ == "__main__":
    main()
