"""Each layer's output, 64 values, is added to its input, which for the first layer has 784 values."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "A loop that adds two widths"
MECHANISM = "Layers that do not fit each other"
ABOUT_STYLE = True
REFERENCES = ("https://github.com/keras-team/tf-keras/issues/476",)
CULPRIT = ("64", "784")


def functional(images: Any, labels: Any) -> Program:
    """Draw the sums into the graph."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        x = inputs
        for index in range(3):
            x = layers.Add()([x, layers.Dense(64, activation="relu", name=f"hidden_{index}")(x)])
        return keras.Model(inputs, layers.Dense(10, activation="softmax", name="classifier")(x))

    return use(build, images, labels)


class Mismatched(keras.Model):
    """Adds with a plus sign."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(3)]
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = x + layer(x)
        return self.classifier(x)


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Mismatched, images, labels)
