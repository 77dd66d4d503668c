"""A weights file loaded into a graph whose layers were made in another order.

A graph lists its layers in the order in which they are used.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.dynamic.weights_file_by_order import loaded

TITLE = "A weights file loaded into a graph whose layers were made in another order"
STYLE = "functional"
EXPECTED = "With the weights of the other model it predicts what that one does."
REFERENCES = ("https://github.com/keras-team/keras/issues/2341",)


def program(images: Any, labels: Any) -> Program:
    """Train one graph, save its weights, load them into the other, predict."""
    return loaded(lambda: drawn(first=2), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a graph whose layers are made in their order."""
    return loaded(lambda: drawn(first=0), images, labels)


def drawn(first: int) -> keras.Model:
    """Return the network with three hidden layers, of which one is made first."""
    made = {first: layers.Dense(64, activation="relu")}
    x = inputs = keras.Input((784,))
    for index in range(3):
        x = (made.get(index) or layers.Dense(64, activation="relu"))(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
