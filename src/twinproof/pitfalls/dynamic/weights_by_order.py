"""A class lists its layers in the order of their making. Layers of one shape are swapped without a word."""

from typing import Any

import keras
from keras import layers

from twinproof.pitfalls import Program
from twinproof.pitfalls.usual import same_outputs, train
from twinproof.twins.dynamic import functional

TITLE = "Weights copied in the order of the layers"
STYLE = "subclassed"
EXPECTED = "With the weights of the functional model it predicts what that one does."
REFERENCES: tuple[str, ...] = ()


class Backwards(keras.Model):
    """The same network, whose hidden layers after the first are made from the last one on."""

    def __init__(self) -> None:
        super().__init__()
        self.first = layers.Dense(64, activation="relu")
        self.third = layers.Dense(64, activation="relu")
        self.second = layers.Dense(64, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.third(self.second(self.first(images))))


def program(images: Any, labels: Any) -> Program:
    """Train the functional model, copy its weights, predict."""
    yield "construct"
    model, copied = functional(depth=3), Backwards()
    yield from train(model, images, labels)
    yield "copy"
    copied(images)
    copied.set_weights(model.get_weights())
    yield "predict"
    return same_outputs(copied.predict_on_batch(images), model.predict_on_batch(images))
