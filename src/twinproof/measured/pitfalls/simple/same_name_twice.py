"""A function that makes a part of a network, and names its layers, cannot be called twice."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "Two layers of one name"
STYLE = "functional"
EXPECTED = "The model is made and trains."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/19689",
    "https://github.com/keras-team/keras/issues/5540",
)


def hidden(x: Any, name: str) -> Any:
    """Return the output of a hidden layer."""
    return layers.Dense(128, activation="relu", name=name)(x)


def program(images: Any, labels: Any) -> Program:
    """Draw a graph with two hidden layers, train."""
    return _trained("hidden", "hidden", images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with two names."""
    return _trained("hidden", "hidden_again", images, labels)


def _trained(first: str, second: str, images: Any, labels: Any) -> Program:
    yield "construct"
    inputs = keras.Input((784,))
    outputs = layers.Dense(10, activation="softmax")(hidden(hidden(inputs, first), second))
    model = keras.Model(inputs, outputs)
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
