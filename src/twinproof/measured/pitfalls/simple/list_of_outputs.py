"""A list of outputs with losses by name.

The outputs of a class have no names.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "A list of outputs with losses by name"
STYLE = "subclassed"
EXPECTED = "The model trains."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/48511",)


class Listing(keras.Model):
    """Predicts the class and the brightness of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.digit = layers.Dense(10, activation="softmax", name="digit")
        self.brightness = layers.Dense(1, name="brightness")

    def call(self, images: Any) -> Any:
        """Return class probabilities, shape (n, 10), and brightness, shape (n, 1)."""
        x = self.hidden(images)
        return [self.digit(x), self.brightness(x)]


class Naming(Listing):
    """Returns them by name."""

    def call(self, images: Any) -> Any:
        """Return class probabilities, shape (n, 10), and brightness, shape (n, 1)."""
        digit, brightness = super().call(images)
        return {"digit": digit, "brightness": brightness}


def program(images: Any, labels: Any) -> Program:
    """Train."""
    return trained(Listing, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a dict of outputs."""
    return trained(Naming, images, labels)


def trained(make: Callable[[], keras.Model], images: Any, labels: Any) -> Program:
    """Train with losses and labels by name."""
    yield "construct"
    model = make()
    yield "compile"
    model.compile(**COMPILED | {"loss": {"digit": "categorical_crossentropy", "brightness": "mse"}})
    yield "train"
    model.fit(images, {"digit": labels, "brightness": images.mean(axis=1, keepdims=True)}, verbose=0)
    return Seen(True, "the model trains")
