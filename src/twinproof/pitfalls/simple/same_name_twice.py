"""A function that makes a part of a network and names its layers cannot be called twice."""

from typing import Any

import keras
from keras import layers

from twinproof.pitfalls import Program, Seen
from twinproof.pitfalls.usual import train

TITLE = "Two layers of one name"
STYLE = "functional"
EXPECTED = "The model is made and trains."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/19689",
    "https://github.com/keras-team/keras/issues/5540",
)


def hidden(x: Any) -> Any:
    """Return what a hidden layer makes of `x`."""
    return layers.Dense(128, activation="relu", name="hidden")(x)


def program(images: Any, labels: Any) -> Program:
    """Draw a graph with two hidden layers, train."""
    yield "construct"
    inputs = keras.Input((784,))
    outputs = layers.Dense(10, activation="softmax")(hidden(hidden(inputs)))
    model = keras.Model(inputs, outputs)
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
