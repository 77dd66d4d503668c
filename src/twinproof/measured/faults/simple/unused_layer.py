"""The second hidden layer is forgotten on the way to the classes."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "A layer that is made and never used"
MECHANISM = "A layer that leads nowhere"
ABOUT_STYLE = True
REFERENCES = ()
CULPRIT = ("forgotten",)


def sequential(images: Any, labels: Any) -> Program:
    """Leave the layer out of the list."""

    def build() -> keras.Model:
        hidden = layers.Dense(128, activation="relu", name="hidden")
        layers.Dense(128, activation="relu", name="forgotten")
        return keras.Sequential([keras.Input((784,)), hidden, layers.Dense(10, activation="softmax")])

    return use(build, images, labels)


def functional(images: Any, labels: Any) -> Program:
    """Draw the layer, and the classes from the one before it."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        hidden = layers.Dense(128, activation="relu", name="hidden")(inputs)
        layers.Dense(128, activation="relu", name="forgotten")(hidden)
        return keras.Model(inputs, layers.Dense(10, activation="softmax")(hidden))

    return use(build, images, labels)


class Forgetful(keras.Model):
    """Holds the layer and does not call it."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu", name="hidden")
        self.forgotten = layers.Dense(128, activation="relu", name="forgotten")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Forgetful, images, labels)
