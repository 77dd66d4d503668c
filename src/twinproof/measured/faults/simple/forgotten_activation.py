"""The loss accepts any numbers, and the model learns badly."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "No softmax before a loss that needs probabilities"
MECHANISM = "An output that does not fit the loss"
ABOUT_STYLE = False
REFERENCES = ("https://github.com/keras-team/keras-hub/pull/1008",)
CULPRIT = ("softmax", "from_logits", "activation", "probabilit")


def sequential(images: Any, labels: Any) -> Program:
    """List a classifier without its activation."""

    def build() -> keras.Model:
        return keras.Sequential([keras.Input((784,)), layers.Dense(128, activation="relu"), layers.Dense(10)])

    return use(build, images, labels)


def functional(images: Any, labels: Any) -> Program:
    """Draw a classifier without its activation."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        return keras.Model(inputs, layers.Dense(10)(layers.Dense(128, activation="relu")(inputs)))

    return use(build, images, labels)


class Linear(keras.Model):
    """Holds a classifier without its activation."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10)

    def call(self, images: Any) -> Any:
        """Return what should be the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Linear, images, labels)
