"""A file with code in it is not trusted."""

from typing import Any

import keras
from keras import layers

from twinproof.pitfalls import Program
from twinproof.pitfalls.usual import keep, train

TITLE = "A Lambda layer"
STYLE = "functional"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = ("https://github.com/keras-team/keras/issues/18284", "https://github.com/keras-team/tf-keras/issues/44")


def program(images: Any, labels: Any) -> Program:
    """Draw a graph that scales the images, train, save, load, predict."""
    yield "construct"
    inputs = keras.Input((784,))
    x = layers.Lambda(lambda pixels: pixels * 2 - 1)(inputs)
    x = layers.Dense(128, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    yield from train(model, images, labels)
    return (yield from keep(model, images))
