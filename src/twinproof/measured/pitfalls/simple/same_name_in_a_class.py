"""Two layers of one name in a class.

A class finds its layers by attribute. Only a graph needs a name for each.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs, train

TITLE = "Two layers of one name in a class"
STYLE = "subclassed"
EXPECTED = "The model with the loaded weights predicts what the saved one did."
REFERENCES = (
    "https://github.com/tensorflow/tensorflow/issues/41021",
    "https://github.com/keras-team/keras/issues/16984",
)


class Named(keras.Model):
    """Has two hidden layers of these names."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__()
        self.first = layers.Dense(128, activation="relu", name=first)
        self.second = layers.Dense(128, activation="relu", name=second)
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.second(self.first(images)))


def program(images: Any, labels: Any) -> Program:
    """Train, save the weights, load them into another instance, predict."""
    return _loaded("hidden", "hidden", images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with two names."""
    return _loaded("hidden", "hidden_again", images, labels)


def _loaded(first: str, second: str, images: Any, labels: Any) -> Program:
    yield "construct"
    model, other = Named(first, second), Named(first, second)
    yield from train(model, images, labels)
    yield "save"
    model.save_weights("trained.weights.h5")
    yield "load"
    other(images)
    other.load_weights("trained.weights.h5")
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
