"""Each layer gets the images instead of the previous layer's output, so only the last layer counts."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "A loop that gives every layer the images"
MECHANISM = "A layer that leads nowhere"
ABOUT_STYLE = True
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/36880",)
CULPRIT = ("hidden_0", "hidden_1")


def functional(images: Any, labels: Any) -> Program:
    """Draw the loop; the graph has only what leads to the classes."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        x = inputs
        for index in range(3):
            x = layers.Dense(64, activation="relu", name=f"hidden_{index}")(inputs)
        return keras.Model(inputs, layers.Dense(10, activation="softmax", name="classifier")(x))

    return use(build, images, labels)


class Broken(keras.Model):
    """Loops over its list."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(3)]
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(images)
        return self.classifier(x)


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Broken, images, labels)
