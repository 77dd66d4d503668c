"""The loss that a custom train_step returns.

Keras 3 reports its own metric of that name instead, which this step does not update.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "The loss that a custom train_step returns"
STYLE = "subclassed"
EXPECTED = "The history has the loss of the step."
REFERENCES = (
    "https://github.com/keras-team/keras-core/issues/485",
    "https://github.com/keras-team/keras/issues/14705",
)


class Returning(keras.Model):
    """Returns the loss of its step."""

    def train_step(self, data: Any) -> Any:
        """Train on one batch of images and labels and return the loss."""
        images, labels = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.categorical_crossentropy(labels, self(images, training=True)))
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return self.report(loss)

    def report(self, loss: Any) -> Any:
        """Return what the step returns."""
        return {"loss": loss}


class Renaming(Returning):
    """Returns it under another name."""

    def report(self, loss: Any) -> Any:
        """Return what the step returns."""
        return {"cross_entropy": loss}


class Subclassed(Returning):
    """The network as a class."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


class SubclassedRenaming(Renaming, Subclassed):
    """The same with the other name."""


def program(images: Any, labels: Any) -> Program:
    """Train for one epoch of one step."""
    return trained(Subclassed, "loss", images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with another name for the loss."""
    return trained(SubclassedRenaming, "cross_entropy", images, labels)


def trained(make: Callable[[], keras.Model], name: str, images: Any, labels: Any) -> Program:
    """Train for one epoch of one step and look at the history."""
    yield "construct"
    model = make()
    yield "compile"
    model.compile(**COMPILED)
    yield "train"
    loss = float(model.fit(images, labels, batch_size=len(images), verbose=0).history[name][0])
    return Seen(loss > 0, f"the history has the loss {loss:.2g}")
