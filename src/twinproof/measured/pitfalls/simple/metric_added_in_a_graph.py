"""The method add_metric in a layer of a graph.

Keras 3 has no such method.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.metric_added_in_call import Adding, Updating, watched

TITLE = "The method add_metric in a layer of a graph"
STYLE = "functional"
EXPECTED = "The history has the mean activation."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/19804",
    "https://github.com/tensorflow/tensorflow/issues/62826",
)


def program(images: Any, labels: Any) -> Program:
    """Train."""
    return watched(lambda: drawn(Adding()), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a metric that the layer has."""
    return watched(lambda: drawn(Updating()), images, labels)


def drawn(watch: Any) -> keras.Model:
    """Return a graph in which a layer watches the output of the hidden layer."""
    inputs = keras.Input((784,))
    x = watch(layers.Dense(128, activation="relu")(inputs))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
