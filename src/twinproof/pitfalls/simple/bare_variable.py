"""Keras 2 took them for its own."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.pitfalls import Program, Seen
from twinproof.pitfalls.usual import train

TITLE = "A variable of TensorFlow as a weight"
STYLE = "subclassed"
EXPECTED = "Training changes the variable."
REFERENCES: tuple[str, ...] = ()


class Scaled(keras.Model):
    """Learns by how much to multiply what its hidden layer gives."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.scale = tf.Variable(1.0)
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.scale * self.hidden(images))


def program(images: Any, labels: Any) -> Program:
    """Train and look at the variable."""
    yield "construct"
    model = Scaled()
    yield from train(model, images, labels)
    found = float(model.scale.numpy())
    return Seen(found != 1, f"the variable was 1 and is {found:.4g}")
