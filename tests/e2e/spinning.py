"""A network that spends its time waiting: one style is an identical copy, another waits a known time longer."""

import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

BASE = 0.02


def spin(seconds: float) -> np.float32:
    """Use the processor for this long, whatever the load."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return np.float32(0)


class Spinning(layers.Layer):
    """Returns its input, later."""

    def __init__(self, seconds: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seconds = seconds
        self.supports_jit = False

    def call(self, x: Any) -> Any:
        """Return `x`, shape (n, features)."""
        waited = tf.numpy_function(lambda: spin(self.seconds), [], tf.float32)
        with tf.control_dependencies([waited]):
            return tf.identity(x)


def functional(extra: float) -> keras.Model:
    """A graph that waits 20 ms."""
    return _graph(BASE)


def sequential(extra: float) -> keras.Model:
    """The same graph: a style that costs nothing."""
    return _graph(BASE)


def subclassed(extra: float) -> keras.Model:
    """The same graph with `extra` seconds more: a slower style."""
    return _graph(BASE + extra)


def _graph(seconds: float) -> keras.Model:
    images = keras.Input((784,))
    x = Spinning(seconds, name="spinning")(layers.Dense(16, activation="relu", name="hidden")(images))
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="spinning")
