"""While the graph is drawn there is no data to decide by."""

from typing import Any

import keras
from keras import layers

from twinproof.pitfalls import Program, Seen
from twinproof.pitfalls.usual import train

TITLE = "A Python if on what a graph computes"
STYLE = "functional"
EXPECTED = "The model is made and trains."
REFERENCES = ("https://github.com/keras-team/keras/issues/8630",)


def program(images: Any, labels: Any) -> Program:
    """Draw a graph that takes another path for bright images, train."""
    yield "construct"
    inputs = keras.Input((784,))
    x = layers.Dense(64, activation="relu")(inputs)
    brightness = layers.GlobalAveragePooling1D()(layers.Reshape((784, 1))(inputs))
    if brightness > 0.13:
        x = layers.Dropout(0.5)(x)
    x = layers.Dense(128, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
