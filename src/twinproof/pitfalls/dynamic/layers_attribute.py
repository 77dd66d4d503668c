"""Example 3 of the article, as it is printed: Keras itself uses that name."""

from typing import Any

import keras
from keras.layers import Dense

from twinproof.pitfalls import Program, Seen
from twinproof.pitfalls.usual import train

TITLE = "Hidden layers appended to an attribute named layers"
STYLE = "subclassed"
EXPECTED = "A model with five hidden layers is made and trains."
REFERENCES = ("https://github.com/keras-team/keras/issues/20890",)


class Stack(keras.Model):
    """Has as many hidden layers as it is told."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.layers = []
        for _ in range(depth):
            self.layers.append(Dense(64, activation="relu"))
        self.classifier = Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.layers:
            x = layer(x)
        return self.classifier(x)


def program(images: Any, labels: Any) -> Program:
    """Make it five layers deep, train."""
    yield "construct"
    model = Stack(5)
    yield from train(model, images, labels)
    return Seen(
        len(model.trainable_variables) == 12,
        f"{len(model.trainable_variables)} arrays of weights are trained, of 12 that there should be",
    )
