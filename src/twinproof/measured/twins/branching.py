"""A network whose path depends on the image: 784 -> 64 relu if bright, 32 relu -> 64 relu if dark; -> 10 softmax.

Keras 3 refuses operations of TensorFlow between symbolic tensors, so the functional style needs a custom layer to
choose; the class does not need it, but uses it too. Both compute both paths and keep one per image.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

BRIGHT = 0.13  # About the mean of all of MNIST's pixels.


@keras.saving.register_keras_serializable("twinproof")
class Choice(layers.Layer):
    """Keeps the bright path for bright images and the dark path for dark ones."""

    def call(self, images: Any, bright: Any, dark: Any) -> Any:
        """Return the output of the path of each image, shape (n, features)."""
        return tf.where(tf.reduce_mean(images, axis=-1, keepdims=True) > BRIGHT, bright, dark)


def functional() -> keras.Model:
    """A graph of both paths, which meet in a layer that chooses."""
    images = keras.Input((784,))
    bright = layers.Dense(64, activation="relu", name="bright")(images)
    dark = layers.Dense(32, activation="relu", name="dark")(images)
    dark = layers.Dense(64, activation="relu", name="dark_again")(dark)
    x = Choice(name="choice")(images, bright, dark)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="branching")


@keras.saving.register_keras_serializable("twinproof")
class Branching(keras.Model):
    """A class whose `call` asks the layer to choose."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bright = layers.Dense(64, activation="relu", name="bright")
        self.dark = layers.Dense(32, activation="relu", name="dark")
        self.dark_again = layers.Dense(64, activation="relu", name="dark_again")
        self.choice = Choice(name="choice")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.choice(images, self.bright(images), self.dark_again(self.dark(images)))
        return self.classifier(x)


def subclassed() -> keras.Model:
    """The class, ready to be built."""
    return Branching(name="branching")
