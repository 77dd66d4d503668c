"""A call whose argument training is True by default.

Anyone who calls the model without that argument gets dropout.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs

TITLE = "A call whose argument training is True by default"
STYLE = "subclassed"
EXPECTED = "Two calls on the same images give the same outputs."
REFERENCES: tuple[str, ...] = ()


class Usual(keras.Model):
    """Trains only if asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = layers.Dense(64, activation="relu")
        self.dropout = layers.Dropout(0.5)
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any, training: Any = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.dropout(self.encoder(images), training=training))


class Training(Usual):
    """Trains unless asked not to."""

    def call(self, images: Any, training: Any = True) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return super().call(images, training)


def program(images: Any, labels: Any) -> Program:
    """Call the model twice."""
    return called_twice(Training, images)


def control(images: Any, labels: Any) -> Program:
    """Do the same with None as the default."""
    return called_twice(Usual, images)


def called_twice(make: Callable[[], keras.Model], images: Any) -> Program:
    """Call a model twice and compare."""
    yield "construct"
    model = make()
    yield "call"
    first, second = (model(images).numpy() for _ in range(2))
    return same_outputs(first, second)
