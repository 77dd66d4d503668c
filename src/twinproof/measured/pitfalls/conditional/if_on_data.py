"""While the graph is drawn, there is no data on which to decide."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A Python if on what a graph computes"
STYLE = "functional"
EXPECTED = "The model is made and trains."
REFERENCES = ("https://github.com/keras-team/keras/issues/8630",)


class Dimmed(layers.Layer):
    """Drops units of bright images."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = layers.Dropout(0.5)

    def call(self, brightness: Any, x: Any, training: Any = None) -> Any:
        """Return `x`, with dropout where `brightness` says so."""
        return tf.where(brightness > 0.13, self.dropout(x, training=training), x)


def program(images: Any, labels: Any) -> Program:
    """Draw a graph that takes another path for bright images, train."""
    return _trained(lambda brightness, x: layers.Dropout(0.5)(x) if brightness > 0.13 else x, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with an operation in a layer instead of the if."""
    return _trained(lambda *given: Dimmed()(*given), images, labels)


def _trained(choose: Callable[[Any, Any], Any], images: Any, labels: Any) -> Program:
    yield "construct"
    inputs = keras.Input((784,))
    x = layers.Dense(64, activation="relu")(inputs)
    x = choose(layers.GlobalAveragePooling1D()(layers.Reshape((784, 1))(inputs)), x)
    x = layers.Dense(128, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    yield from train(model, images, labels)
    return Seen(True, "the model trains")
