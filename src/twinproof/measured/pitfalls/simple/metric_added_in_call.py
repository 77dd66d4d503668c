"""The method add_metric in call.

Keras 3 has no such method.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "The method add_metric in call"
STYLE = "subclassed"
EXPECTED = "The history has the mean activation."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/19804",
    "https://github.com/tensorflow/tensorflow/issues/62826",
)


class Adding(layers.Layer):
    """Adds the mean of its input to the metrics."""

    def call(self, x: Any) -> Any:
        """Return `x` unchanged."""
        self.add_metric(tf.reduce_mean(x), name="activation", aggregation="mean")
        return x


class Updating(layers.Layer):
    """Has a metric of its own, which takes the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.activation = keras.metrics.Mean(name="activation")

    def call(self, x: Any) -> Any:
        """Return `x` unchanged."""
        self.activation.update_state(tf.reduce_mean(x))
        return x


class Watched(keras.Model):
    """Watches the output of its hidden layer."""

    def __init__(self, watch: Any) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.watch = watch
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.watch(self.hidden(images)))


def program(images: Any, labels: Any) -> Program:
    """Train."""
    return watched(lambda: Watched(Adding()), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a metric that the layer has."""
    return watched(lambda: Watched(Updating()), images, labels)


def watched(make: Callable[[], keras.Model], images: Any, labels: Any) -> Program:
    """Train and look at the history."""
    yield "construct"
    model = make()
    yield "compile"
    model.compile(**COMPILED)
    yield "train"
    history = model.fit(images, labels, verbose=0).history
    return Seen("activation" in history, f"the history has {', '.join(history)}")
