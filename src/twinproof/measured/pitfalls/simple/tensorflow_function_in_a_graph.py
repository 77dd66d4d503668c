"""In Keras 3, a graph takes only layers and Keras's own operations."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A function of TensorFlow in a graph"
STYLE = "functional"
EXPECTED = "The model is made and trains."
REFERENCES = ("https://github.com/DataCanvasIO/DeepTables/issues/93",)


class Clipped(layers.Layer):
    """Clips its input."""

    def call(self, x: Any) -> Any:
        """Return `x` between 0.1 and 0.9."""
        return tf.clip_by_value(x, 0.1, 0.9)


def program(images: Any, labels: Any) -> Program:
    """Draw a graph that clips the images, train."""
    return _trained(lambda x: tf.clip_by_value(x, 0.1, 0.9), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with the function in a layer."""
    return _trained(lambda x: Clipped()(x), images, labels)


def _trained(clip: Callable[[Any], Any], images: Any, labels: Any) -> Program:
    yield "construct"
    inputs = keras.Input((784,))
    x = layers.Dense(128, activation="relu")(clip(inputs))
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
