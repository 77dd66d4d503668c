"""A list of outputs of a graph with losses by name.

Each output has the name of its layer.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.list_of_outputs import trained

TITLE = "A list of outputs of a graph with losses by name"
STYLE = "functional"
EXPECTED = "The model trains."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/48511",)


def program(images: Any, labels: Any) -> Program:
    """Train."""
    return trained(lambda: drawn(named=False), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a dict of outputs."""
    return trained(lambda: drawn(named=True), images, labels)


def drawn(named: bool) -> keras.Model:
    """Return a graph with two outputs, in a list or by name."""
    inputs = keras.Input((784,))
    x = layers.Dense(128, activation="relu")(inputs)
    digit = layers.Dense(10, activation="softmax", name="digit")(x)
    brightness = layers.Dense(1, name="brightness")(x)
    return keras.Model(inputs, {"digit": digit, "brightness": brightness} if named else [digit, brightness])
