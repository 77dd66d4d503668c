"""A Python if on a tensor in call.

Keras 2 has TensorFlow rewrite it, Keras 3 does not.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A Python if on a tensor in call"
STYLE = "subclassed"
EXPECTED = "The model trains."
REFERENCES = (
    "https://github.com/tensorflow/tensorflow/issues/35403",
    "https://github.com/keras-team/keras-io/pull/1565",
)


class Deciding(keras.Model):
    """Scales the values of bright batches."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.hidden(images)
        if tf.reduce_mean(images) > 0.13:
            x = x / 2.0
        return self.classifier(x)


class Choosing(Deciding):
    """Does the same with an operation."""

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.hidden(images)
        return self.classifier(tf.where(tf.reduce_mean(images) > 0.13, x / 2.0, x))


def program(images: Any, labels: Any) -> Program:
    """Train."""
    return _trained(Deciding, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with an operation instead of the if."""
    return _trained(Choosing, images, labels)


def _trained(kind: type[Deciding], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
