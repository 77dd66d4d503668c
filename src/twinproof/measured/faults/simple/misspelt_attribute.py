"""The layer is stored under one name and called by another."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "A misspelt name"
MECHANISM = "A name that there is not"
ABOUT_STYLE = True
REFERENCES = ("https://github.com/keras-team/keras/issues/14100",)
CULPRIT = ("hiden", "hidden")


def sequential(images: Any, labels: Any) -> Program:
    """List a variable that does not exist."""

    def build() -> keras.Model:
        hidden = layers.Dense(128, activation="relu")  # noqa: F841
        classifier = layers.Dense(10, activation="softmax")
        return keras.Sequential([keras.Input((784,)), hiden, classifier])  # type: ignore[name-defined]  # noqa: F821

    return use(build, images, labels)


def functional(images: Any, labels: Any) -> Program:
    """Continue from a variable that does not exist."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        hidden = layers.Dense(128, activation="relu")(inputs)  # noqa: F841
        classifier = layers.Dense(10, activation="softmax")
        return keras.Model(inputs, classifier(hiden))  # type: ignore[name-defined]  # noqa: F821

    return use(build, images, labels)


class Misspelt(keras.Model):
    """Calls an attribute that does not exist."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hiden(images))


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Misspelt, images, labels)
