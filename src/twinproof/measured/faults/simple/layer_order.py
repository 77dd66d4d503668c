"""The classifier comes first, so that the model ends with 128 values instead of 10."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Two layers in the wrong order"
MECHANISM = "Layers in another order"
ABOUT_STYLE = False
REFERENCES = ()
CULPRIT = ("128",)


def sequential(images: Any, labels: Any) -> Program:
    """List them in the wrong order."""

    def build() -> keras.Model:
        return keras.Sequential(
            [keras.Input((784,)), layers.Dense(10, activation="softmax"), layers.Dense(128, activation="relu")]
        )

    return use(build, images, labels)


def functional(images: Any, labels: Any) -> Program:
    """Draw them in the wrong order."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        x = layers.Dense(10, activation="softmax")(inputs)
        return keras.Model(inputs, layers.Dense(128, activation="relu")(x))

    return use(build, images, labels)


class Turned(keras.Model):
    """Calls them in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return what should be the class probabilities of `images`, shape (n, 10)."""
        return self.hidden(self.classifier(images))


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Turned, images, labels)
