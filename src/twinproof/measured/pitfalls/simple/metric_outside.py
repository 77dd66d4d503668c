"""At the start of each epoch, Keras resets only the metrics that it knows."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "A metric that is not the model's own"
STYLE = "subclassed"
EXPECTED = "Each epoch counts its own steps: two."
REFERENCES: tuple[str, ...] = ()

STEPS = keras.metrics.Sum(name="steps")


class Watched(keras.Model):
    """Counts its training steps with a metric."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))

    def train_step(self, data: Any) -> Any:
        """Train on one batch of images and labels and return the metrics."""
        found = super().train_step(data)
        self.counter().update_state(tf.ones(()))
        return {**found, "steps": self.counter().result()}

    def counter(self) -> Any:
        """Return the metric."""
        return STEPS


class WatchedByItsOwn(Watched):
    """Counts them with a metric of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.own = keras.metrics.Sum(name="steps")

    def counter(self) -> Any:
        """Return the metric."""
        return self.own


def program(images: Any, labels: Any) -> Program:
    """Train for two epochs of two steps."""
    return _trained(Watched, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a metric of the model's own."""
    return _trained(WatchedByItsOwn, images, labels)


def _trained(kind: type[Watched], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield "compile"
    model.compile(**COMPILED)
    yield "train"
    half = (len(images) + 1) // 2
    counted = [int(steps) for steps in model.fit(images, labels, batch_size=half, epochs=2, verbose=0).history["steps"]]
    return Seen(counted == [2, 2], f"the epochs count {counted[0]} and {counted[1]} steps")
