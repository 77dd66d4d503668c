"""TensorFlow tracks the layers in a dict only if its keys are strings."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs, train

TITLE = "Layers in a dict, by number"
STYLE = "subclassed"
EXPECTED = "The model that is restored from a checkpoint predicts what the saved one did."
REFERENCES: tuple[str, ...] = ()
CONTROL_FAILS = {"3": "in Keras 3 a checkpoint of TensorFlow leaves out the layers in any dict"}


class Keyed(keras.Model):
    """Keeps its hidden layers by number, as an int or as a string."""

    def __init__(self, key: type[int] | type[str]) -> None:
        super().__init__()
        self.hidden = {key(index): layers.Dense(64, activation="relu") for index in range(5)}
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden.values():
            x = layer(x)
        return self.classifier(x)


def program(images: Any, labels: Any) -> Program:
    """Train, write a checkpoint of TensorFlow's, read it into another instance, predict."""
    return _restored(int, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with strings as keys."""
    return _restored(str, images, labels)


def _restored(key: type[int] | type[str], images: Any, labels: Any) -> Program:
    yield "construct"
    model, other = Keyed(key), Keyed(key)
    yield from train(model, images, labels)
    yield "save"
    path = tf.train.Checkpoint(model=model).write("checkpoint")
    yield "load"
    other(images)
    tf.train.Checkpoint(model=other).read(path)
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
