"""Dropout called with training=True in a graph.

It is then always on.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.conditional.training_by_default import called_twice

TITLE = "Dropout called with training=True in a graph"
STYLE = "functional"
EXPECTED = "Two calls on the same images give the same outputs."
REFERENCES: tuple[str, ...] = ()


def program(images: Any, labels: Any) -> Program:
    """Call the model twice."""
    return called_twice(lambda: drawn(training=True), images)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a dropout that is called without it."""
    return called_twice(drawn, images)


def drawn(**called: bool) -> keras.Model:
    """Return a graph with dropout."""
    inputs = keras.Input((784,))
    x = layers.Dense(64, activation="relu")(inputs)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Dropout(0.5)(x, **called)))
