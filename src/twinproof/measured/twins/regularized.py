"""A network with a loss on an inner activation: 784 -> 128 relu, whose mean is added to the loss -> 10 softmax."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

PRICE = 0.1  # The loss that a mean activation of 1 adds.


@keras.saving.register_keras_serializable("twinproof")
class Sparsity(layers.Layer):
    """Adds the mean of the activations to the loss and passes them on."""

    def call(self, x: Any) -> Any:
        """Return `x` unchanged."""
        self.add_loss(PRICE * tf.reduce_mean(x))
        return x


def functional() -> keras.Model:
    """A graph, one layer of which adds the loss."""
    images = keras.Input((784,))
    hidden = layers.Dense(128, activation="relu", name="hidden")(images)
    x = Sparsity(name="sparsity")(hidden)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="regularized")


@keras.saving.register_keras_serializable("twinproof")
class Regularized(keras.Model):
    """A class whose `call` adds the loss."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = layers.Dense(128, activation="relu", name="hidden")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.hidden(images)
        self.add_loss(PRICE * tf.reduce_mean(x))
        return self.classifier(x)


def subclassed() -> keras.Model:
    """The class, ready to be built."""
    return Regularized(name="regularized")
