"""The decorator tf.function on call.

The first trace of the function fixes whether dropout is on.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs, train

TITLE = "The decorator tf.function on call"
STYLE = "subclassed"
EXPECTED = "Once it trained, dropout is off when it predicts: two predictions are the same."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/32895",)


class Plain(keras.Model):
    """Passes `training` to its dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = layers.Dense(64, activation="relu")
        self.dropout = layers.Dropout(0.5)
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any, training: Any = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.dropout(self.encoder(images), training=training))


class Decorated(Plain):
    """Does the same in a `tf.function`, and leaves it to Keras to switch dropout on or off."""

    @tf.function  # type: ignore[untyped-decorator]
    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.dropout(self.encoder(images)))


def program(images: Any, labels: Any) -> Program:
    """Train, then predict twice."""
    return _predicted_twice(Decorated, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a call that is not such a function, and takes training."""
    return _predicted_twice(Plain, images, labels)


def _predicted_twice(kind: type[Plain], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield from train(model, images, labels)
    yield "predict"
    return same_outputs(model.predict_on_batch(images), model.predict_on_batch(images))
