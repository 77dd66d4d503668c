"""Example 3 of the article, as it is printed: Keras itself uses that name."""

from __future__ import annotations

from typing import Any

import keras
from keras.layers import Dense

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "Hidden layers appended to an attribute named layers"
STYLE = "subclassed"
EXPECTED = "A model with five hidden layers is made and trains."
REFERENCES = ("https://github.com/keras-team/keras/issues/20890",)


class Stack(keras.Model):
    """Has a given number of hidden layers."""

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


class Renamed(keras.Model):
    """Keeps them under another name."""

    def __init__(self, depth: int) -> None:
        super().__init__()
        self.hidden = []
        for _ in range(depth):
            self.hidden.append(Dense(64, activation="relu"))
        self.classifier = Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)


def program(images: Any, labels: Any) -> Program:
    """Make it five layers deep, train."""
    return _trained(Stack, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with an attribute of another name."""
    return _trained(Renamed, images, labels)


def _trained(kind: type[Stack] | type[Renamed], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind(5)
    yield from train(model, images, labels)
    return Seen(
        len(model.trainable_variables) == 12,
        f"{len(model.trainable_variables)} arrays of weights are trained, of 12 that there should be",
    )
