"""A class lists its layers in the order of their creation. Layers of the same shape are swapped silently."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs, train
from twinproof.measured.twins.dynamic import functional

TITLE = "Weights copied in the order of the layers"
STYLE = "subclassed"
EXPECTED = "With the weights of the functional model it predicts what that one does."
REFERENCES: tuple[str, ...] = ()


class Backwards(keras.Model):
    """The same network, whose hidden layers after the first are made from the last one on."""

    # All come before `layers` in the alphabet: Keras 2 looks for others by name in a weights file, and fails.
    NAMES = ("first", "last", "inner")

    def __init__(self) -> None:
        super().__init__()
        for name in self.NAMES:
            setattr(self, name, layers.Dense(64, activation="relu"))
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.last(self.inner(self.first(images))))


class Forwards(Backwards):
    """The same, made from the first one on."""

    NAMES = ("first", "inner", "last")


def program(images: Any, labels: Any) -> Program:
    """Train the functional model, copy its weights, predict."""
    return _copied(Backwards, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a class that makes its layers in the order of the graph."""
    return _copied(Forwards, images, labels)


def _copied(kind: type[Backwards], images: Any, labels: Any) -> Program:
    yield "construct"
    model, copied = functional(depth=3), kind()
    yield from train(model, images, labels)
    yield "copy"
    copied(images)
    copied.set_weights(model.get_weights())
    yield "predict"
    return same_outputs(copied.predict_on_batch(images), model.predict_on_batch(images))
