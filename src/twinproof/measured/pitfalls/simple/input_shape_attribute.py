"""Keras itself uses that name, and others."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "An attribute named input_shape"
STYLE = "subclassed"
EXPECTED = "The model is made and trains."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/28108",)


class Shaped(keras.Model):
    """Notes the shape of its input."""

    def __init__(self) -> None:
        super().__init__()
        self.input_shape = (784,)
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


class Renamed(keras.Model):
    """Notes it under another name."""

    def __init__(self) -> None:
        super().__init__()
        self.shape_of_input = (784,)
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def program(images: Any, labels: Any) -> Program:
    """Train."""
    return _trained(Shaped, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with an attribute of another name."""
    return _trained(Renamed, images, labels)


def _trained(kind: type[keras.Model], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
