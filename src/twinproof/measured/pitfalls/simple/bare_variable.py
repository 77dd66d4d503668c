"""Keras 2 treated such variables as its own."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A variable of TensorFlow as a weight"
STYLE = "subclassed"
EXPECTED = "Training changes the variable."
REFERENCES: tuple[str, ...] = ()


class Scaled(keras.Model):
    """Learns a factor for the output of its hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.scale = tf.Variable(1.0)
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.scale * self.hidden(images))


class ScaledByWeight(Scaled):
    """Has Keras make the weight."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")


def program(images: Any, labels: Any) -> Program:
    """Train and look at the variable."""
    return _trained(Scaled, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a weight that Keras makes."""
    return _trained(ScaledByWeight, images, labels)


def _trained(kind: type[Scaled], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield from train(model, images, labels)
    found = float(model.scale.numpy())
    return Seen(found != 1, f"the variable was 1 and is {found:.4g}")
