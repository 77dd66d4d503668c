"""128 values do not make a square of 11 by 11."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Two layers that do not fit"
MECHANISM = "Layers that do not fit each other"
ABOUT_STYLE = True
REFERENCES = ("https://github.com/keras-team/keras-io/issues/610",)
CULPRIT = ("square", "reshape", "Reshape", "128", "121")


def sequential(images: Any, labels: Any) -> Program:
    """Put the layer that does not fit into the list."""

    def build() -> keras.Model:
        return keras.Sequential(
            [
                keras.Input((784,)),
                layers.Dense(128, activation="relu", name="hidden"),
                layers.Reshape((11, 11), name="square"),
                layers.Flatten(name="flat"),
                layers.Dense(10, activation="softmax", name="classifier"),
            ]
        )

    return use(build, images, labels)


def functional(images: Any, labels: Any) -> Program:
    """Draw the layer that does not fit into the graph."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        x = layers.Dense(128, activation="relu", name="hidden")(inputs)
        x = layers.Flatten(name="flat")(layers.Reshape((11, 11), name="square")(x))
        return keras.Model(inputs, layers.Dense(10, activation="softmax", name="classifier")(x))

    return use(build, images, labels)


class Mismatched(keras.Model):
    """Calls the layer that does not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu", name="hidden")
        self.square = layers.Reshape((11, 11), name="square")
        self.flat = layers.Flatten(name="flat")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.flat(self.square(self.hidden(images))))


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Mismatched, images, labels)
