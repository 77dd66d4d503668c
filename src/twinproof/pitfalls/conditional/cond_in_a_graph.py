"""Its branches are functions, which are called when the graph is drawn, or never."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.pitfalls import Program, Seen
from twinproof.pitfalls.usual import train

TITLE = "A conditional operation in a graph"
STYLE = "functional"
EXPECTED = "The model is made and trains."
REFERENCES = (
    "https://github.com/keras-team/keras/pull/19221",
    "https://github.com/tensorflow/tensorflow/issues/48375",
)


def program(images: Any, labels: Any) -> Program:
    """Draw a graph with dropout for bright batches, train."""
    # Keras 2 has no operations of its own.
    cond, mean = (keras.ops.cond, keras.ops.mean) if hasattr(keras, "ops") else (tf.cond, tf.reduce_mean)
    yield "construct"
    inputs = keras.Input((784,))
    x = layers.Dense(64, activation="relu")(inputs)
    dropped = layers.Dropout(0.5)(x)
    x = cond(mean(inputs) > 0.13, lambda: dropped, lambda: x)
    x = layers.Dense(128, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
