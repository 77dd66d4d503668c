"""In Keras 3 a graph takes layers and Keras's own operations only."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.pitfalls import Program, Seen
from twinproof.pitfalls.usual import train

TITLE = "A function of TensorFlow in a graph"
STYLE = "functional"
EXPECTED = "The model is made and trains."
REFERENCES = ("https://github.com/DataCanvasIO/DeepTables/issues/93",)


def program(images: Any, labels: Any) -> Program:
    """Draw a graph that scales the images, train."""
    yield "construct"
    inputs = keras.Input((784,))
    x = layers.Dense(128, activation="relu")(tf.clip_by_value(inputs, 0.1, 0.9))
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
