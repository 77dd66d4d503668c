"""The loss that a custom train_step of a functional model returns.

Keras 3 reports its own metric of that name instead, which this step does not update.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.loss_of_own_step import Renaming, Returning, trained

TITLE = "The loss that a custom train_step of a functional model returns"
STYLE = "functional"
EXPECTED = "The history has the loss of the step."
REFERENCES = (
    "https://github.com/keras-team/keras-core/issues/485",
    "https://github.com/keras-team/keras/issues/14705",
)


def program(images: Any, labels: Any) -> Program:
    """Train for one epoch of one step."""
    return trained(lambda: drawn(Returning), "loss", images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with another name for the loss."""
    return trained(lambda: drawn(Renaming), "cross_entropy", images, labels)


def drawn(kind: type[keras.Model]) -> keras.Model:
    """Return the network as a graph, as a model of a class."""
    inputs = keras.Input((784,))
    hidden = layers.Dense(128, activation="relu")(inputs)
    return kind(inputs, layers.Dense(10, activation="softmax")(hidden))
