"""The last hidden layer is made and never used."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "A loop that stops one layer short"
MECHANISM = "A layer that leads nowhere"
ABOUT_STYLE = True
REFERENCES = ()
CULPRIT = ("hidden_2",)


def functional(images: Any, labels: Any) -> Program:
    """Draw all layers of a list except the last."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(3)]
        x = inputs
        for index in range(len(hidden) - 1):
            x = hidden[index](x)
        return keras.Model(inputs, layers.Dense(10, activation="softmax", name="classifier")(x))

    return use(build, images, labels)


class Short(keras.Model):
    """Calls all layers of its list except the last."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(3)]
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for index in range(len(self.hidden) - 1):
            x = self.hidden[index](x)
        return self.classifier(x)


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Short, images, labels)
