"""The branches are functions, which are called when the graph is drawn, or never."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A conditional operation in a graph"
STYLE = "functional"
EXPECTED = "The model is made and trains."
REFERENCES = (
    "https://github.com/keras-team/keras/pull/19221",
    "https://github.com/tensorflow/tensorflow/issues/48375",
)

# Keras 2 has no operations of its own.
COND, MEAN = (keras.ops.cond, keras.ops.mean) if hasattr(keras, "ops") else (tf.cond, tf.reduce_mean)


class Dimmed(layers.Layer):
    """Takes the values with dropout for bright batches, and those without for dark ones."""

    def call(self, images: Any, dropped: Any, x: Any) -> Any:
        """Return `dropped` or `x`."""
        return COND(MEAN(images) > 0.13, lambda: dropped, lambda: x)


def program(images: Any, labels: Any) -> Program:
    """Draw a graph with dropout for bright batches, train."""
    return _trained(lambda inputs, dropped, x: COND(MEAN(inputs) > 0.13, lambda: dropped, lambda: x), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with the operation in a layer."""
    return _trained(lambda *given: Dimmed()(*given), images, labels)


def _trained(choose: Callable[..., Any], images: Any, labels: Any) -> Program:
    yield "construct"
    inputs = keras.Input((784,))
    x = layers.Dense(64, activation="relu")(inputs)
    x = choose(inputs, layers.Dropout(0.5)(x), x)
    x = layers.Dense(128, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
