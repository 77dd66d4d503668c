"""A custom train_step, validation data, and no call.

Training does not use call, validation does.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "A custom train_step, validation data, and no call"
STYLE = "subclassed"
EXPECTED = "The model trains and is validated."
REFERENCES = ("https://github.com/keras-team/keras-io/issues/38",)


class Uncalled(keras.Model):
    """Has its network in an attribute and no call."""

    def __init__(self) -> None:
        super().__init__()
        self.network = keras.Sequential([layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")])

    def train_step(self, data: Any) -> Any:
        """Train the network on one batch of images and labels and return the loss."""
        images, labels = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.categorical_crossentropy(labels, self.compute(images)))
        variables = self.network.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return {"cross_entropy": loss}

    def compute(self, images: Any) -> Any:
        """Return the class probabilities in training."""
        return self.network(images, training=True)


class Called(Uncalled):
    """Has a call, too, and trains by it."""

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.network(images)

    def compute(self, images: Any) -> Any:
        """Return the class probabilities in training."""
        return self(images, training=True)


def program(images: Any, labels: Any) -> Program:
    """Train with images to validate."""
    return validated(Uncalled, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a call."""
    return validated(Called, images, labels)


def validated(make: Callable[[], keras.Model], images: Any, labels: Any) -> Program:
    """Train with images to validate."""
    yield "construct"
    model = make()
    yield "compile"
    model.compile(**COMPILED)
    yield "train"
    history = model.fit(images, labels, validation_data=(images, labels), verbose=0).history
    return Seen("val_loss" in history, f"the history has {', '.join(history)}")
