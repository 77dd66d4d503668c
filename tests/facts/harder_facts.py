"""Prints the behaviour of the twins that are said to need subclassing."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from twinproof.measured import twins
from twinproof.measured.probes.instances import Instances, attempt
from twinproof.measured.twins import regularized, shaped
from twinproof.proof.weights import digest, weights_digest

PIXELS, CLASSES, COUNT = 784, 10, 64
HARDER = ("branching", "attentive", "shaped", "regularized", "stepping")
DRAW = np.random.default_rng(0)
# Noise; every other image is as dark as one with few strokes.
IMAGES = (
    DRAW.random((COUNT, PIXELS), dtype=np.float32) * np.where(np.arange(COUNT) % 2, 1, 0.2).astype("float32")[:, None]
)
LABELS = keras.utils.to_categorical(DRAW.integers(CLASSES, size=COUNT), CLASSES)


def trace(model: keras.Model) -> dict[str, Any]:
    """Return the digests of the outputs, and of the weights before training and after each of three steps."""
    outputs, after = digest([np.asarray(model(IMAGES))]), [weights_digest(model)]
    for _ in range(3):
        model.train_on_batch(IMAGES, LABELS)
        after.append(weights_digest(model))
    return {"outputs": outputs, "weights": after}


def cross_entropy(model: keras.Model) -> float:
    return float(np.mean(keras.losses.categorical_crossentropy(LABELS, model(IMAGES))))


def reloads(model: keras.Model) -> dict[str, Any]:
    """Return whether the model computes the same after saving and loading, or why that fails."""

    def measure() -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "model.keras"
            model.save(file)
            loaded = keras.models.load_model(file)
        return {"equal": np.array_equal(loaded(IMAGES), model(IMAGES))}

    return attempt(measure)


def branching(model: keras.Model) -> dict[str, Any]:
    """Return how many images of each half give other outputs after the weights of a path change."""
    before, changed = np.asarray(model(IMAGES)), {}
    for path in ("bright", "dark"):
        layer = model.get_layer(path)
        weights = layer.get_weights()
        layer.set_weights([-weight for weight in weights])
        differs = (np.asarray(model(IMAGES)) != before).any(axis=1)
        layer.set_weights(weights)
        changed[path] = {"dark": int(differs[::2].sum()), "bright": int(differs[1::2].sum())}
    return changed


def attentive(model: keras.Model) -> float:
    """Return how much the outputs change when the rows of the images are turned upside down."""
    turned = IMAGES.reshape(-1, 28, 28)[:, ::-1].reshape(-1, PIXELS)
    return float(np.max(np.abs(np.asarray(model(turned)) - np.asarray(model(IMAGES)))))


def added_loss(model: keras.Model) -> dict[str, float]:
    """Return what the loss adds to the cross-entropy, and the price of the mean activation that it should add."""
    kernel, bias = model.get_layer("hidden").get_weights()
    price = regularized.PRICE * np.maximum(IMAGES @ kernel + bias, 0).mean()
    plain = cross_entropy(model)
    return {"added": model.test_on_batch(IMAGES, LABELS)[0] - plain, "expected": float(price)}


def stepping(model: keras.Model) -> dict[str, float]:
    """Return the loss on unchanged images, and that of the training step."""
    plain = cross_entropy(model)
    return {"plain": plain, "trained": float(model.train_on_batch(IMAGES, LABELS)[0])}


def other_shape() -> list[int]:
    """Return the layer widths of the class in `shaped` for images of 256 pixels."""
    model = shaped.subclassed()
    model(keras.Input((256,)))
    return [layer.units for layer in (*model.hidden, model.classifier)]


OWN: dict[str, Callable[[keras.Model], Any]] = {
    "branching": branching,
    "attentive": attentive,
    "shaped": lambda model: [layer.units for layer in model.layers if hasattr(layer, "units")],
    "regularized": added_loss,
    "stepping": stepping,
}


def main() -> None:
    facts: dict[str, Any] = {"keras": keras.__version__, "other shape": other_shape()}
    for name in HARDER:
        twin = twins.load(name, f"twinproof.measured.twins.{name}", {})
        instances = Instances(twin, IMAGES, seed=1)
        # The identity probe checks compiled steps; compiling would take most of the time here.
        made = {style: instances.make(style, run_eagerly=True) for style in twin.builders}
        facts[name] = {
            "parameters": {style: model.count_params() for style, model in made.items()},
            "reloads": {style: reloads(model) for style, model in made.items()},
            "own": {style: OWN[name](model) for style, model in made.items()},
            "traces": {style: trace(model) for style, model in made.items()},
        }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
