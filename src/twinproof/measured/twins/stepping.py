"""A network with a training step of its own: 784 -> 128 relu -> 10 softmax, trained on images that were made harder.

Before each step, every pixel is moved in the direction that makes the loss larger: the fast gradient sign method.
Source: Goodfellow, Shlens and Szegedy, Explaining and harnessing adversarial examples, 2015.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

MOVE = 0.1  # Pixels lie between 0 and 1.


def harder(model: keras.Model, images: Any, labels: Any) -> Any:
    """Return `images`, moved against `model`."""
    images = tf.convert_to_tensor(images)  # They are NumPy arrays where Keras 3 runs a step eagerly.
    with tf.GradientTape() as tape:
        tape.watch(images)
        loss = keras.losses.categorical_crossentropy(labels, model(images, training=True))
    return images + MOVE * tf.sign(tape.gradient(loss, images))


@keras.saving.register_keras_serializable("twinproof")
class Hardened(keras.Model):
    """A model of any graph, which has nothing of its own but the training step."""

    def train_step(self, data: Any) -> Any:
        """Train on one batch of images and labels and return the metrics."""
        images, labels, *weights = data
        return super().train_step((harder(self, images, labels), labels, *weights))


def functional() -> keras.Model:
    """A graph in a class that trains it so."""
    images = keras.Input((784,))
    hidden = layers.Dense(128, activation="relu", name="hidden")(images)
    classes = layers.Dense(10, activation="softmax", name="classifier")(hidden)
    return Hardened(images, classes, name="stepping")


@keras.saving.register_keras_serializable("twinproof")
class Stepping(keras.Model):
    """A class that holds its layers, calls them and has the training step."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = layers.Dense(128, activation="relu", name="hidden")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))

    def train_step(self, data: Any) -> Any:
        """Train on one batch of images and labels and return the metrics."""
        images, labels, *weights = data
        return super().train_step((harder(self, images, labels), labels, *weights))


def subclassed() -> keras.Model:
    """The class, ready to be built."""
    return Stepping(name="stepping")
