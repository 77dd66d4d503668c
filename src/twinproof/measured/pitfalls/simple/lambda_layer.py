"""Keras does not trust a file that contains code."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import train_and_keep

TITLE = "A Lambda layer"
STYLE = "functional"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = ("https://github.com/keras-team/keras/issues/18284", "https://github.com/keras-team/tf-keras/issues/44")


def program(images: Any, labels: Any) -> Program:
    """Draw a graph that scales the images, train, save, load, predict."""
    return train_and_keep(lambda: _graph(layers.Lambda(lambda pixels: pixels * 2 - 1)), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a layer of Keras that scales."""
    return train_and_keep(lambda: _graph(layers.Rescaling(2.0, offset=-1.0)), images, labels)


def _graph(scale: Any) -> keras.Model:
    inputs = keras.Input((784,))
    x = layers.Dense(128, activation="relu")(scale(inputs))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
