"""A custom train_step of a functional model that leaves out the losses of the layers.

A regularizer adds a loss to the model. The step must add it to the total.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.losses_forgotten import Forgetting, Remembering, trained

TITLE = "A custom train_step of a functional model that leaves out the losses of the layers"
STYLE = "functional"
EXPECTED = "A regularizer changes what is learned."
REFERENCES = (
    "https://github.com/tensorflow/tensorflow/issues/33418",
    "https://github.com/srihari-humbarwadi/person_segmentation_tf2.0/issues/5",
)


def program(images: Any, labels: Any) -> Program:
    """Train with and without a regularizer, predict."""
    return trained(lambda regularizer: drawn(Forgetting, regularizer), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a step that adds the losses."""
    return trained(lambda regularizer: drawn(Remembering, regularizer), images, labels)


def drawn(kind: type[keras.Model], regularizer: Any) -> keras.Model:
    """Return the network as a graph, as a model of a class."""
    inputs = keras.Input((784,))
    hidden = layers.Dense(128, activation="relu", kernel_regularizer=regularizer)(inputs)
    return kind(inputs, layers.Dense(10, activation="softmax")(hidden))
