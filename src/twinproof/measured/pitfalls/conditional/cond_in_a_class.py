"""The branches are functions, and the data selects one in each call: a class need not draw them first."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.conditional.cond_in_a_graph import COND, MEAN, Dimmed
from twinproof.measured.pitfalls.usual import train

TITLE = "A conditional operation in call"
STYLE = "subclassed"
EXPECTED = "The model is made and trains."
REFERENCES: tuple[str, ...] = ()


class Dimming(keras.Model):
    """Drops units of bright batches, by an operation in `call`."""

    def __init__(self) -> None:
        super().__init__()
        self.first = layers.Dense(64, activation="relu")
        self.dropout = layers.Dropout(0.5)
        self.second = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any, training: Any = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.first(images)
        return self.classifier(self.second(self.choose(images, self.dropout(x, training=training), x)))

    def choose(self, images: Any, dropped: Any, x: Any) -> Any:
        """Return `dropped` or `x`."""
        return COND(MEAN(images) > 0.13, lambda: dropped, lambda: x)


class DimmingInALayer(Dimming):
    """Has a layer choose."""

    def __init__(self) -> None:
        super().__init__()
        self.dimmed = Dimmed()

    def choose(self, images: Any, dropped: Any, x: Any) -> Any:
        """Return `dropped` or `x`."""
        return self.dimmed(images, dropped, x)


def program(images: Any, labels: Any) -> Program:
    """Train."""
    return _trained(Dimming, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with the operation in a layer."""
    return _trained(DimmingInALayer, images, labels)


def _trained(kind: type[Dimming], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
