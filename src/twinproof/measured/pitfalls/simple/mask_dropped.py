"""An operation between an Embedding that masks zeros and an LSTM.

Layers pass the mask on, operations drop it.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from twinproof.measured.pitfalls import Program, Seen

TITLE = "An operation between an Embedding that masks zeros and an LSTM"
STYLE = "subclassed"
EXPECTED = "Rows of zeros at the end of an image change nothing."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/18543",
    "https://github.com/keras-team/keras/issues/9917",
)


class Doubled(layers.Layer):
    """Doubles its input and passes on its mask."""

    def __init__(self) -> None:
        super().__init__()
        self.supports_masking = True

    def call(self, x: Any) -> Any:
        """Return twice `x`."""
        return x * 2


class Reader(keras.Model):
    """Reads how many pixels are lit in each row, 0 to 28; rows without any are left out."""

    def __init__(self, double: Callable[[Any], Any]) -> None:
        super().__init__()
        self.embedding = layers.Embedding(29, 8, mask_zero=True)
        self.double = double
        self.memory = layers.LSTM(16)
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, rows: Any) -> Any:
        """Return the class probabilities of images, shape (n, 10)."""
        return self.classifier(self.memory(self.double(self.embedding(rows))))


def program(images: Any, labels: Any) -> Program:
    """Predict, with and without rows of zeros at the end."""
    return padded(lambda: Reader(lambda x: x * 2), images)


def control(images: Any, labels: Any) -> Program:
    """Do the same with the operation in a layer that supports masks."""
    return padded(lambda: Reader(Doubled()), images)


def padded(make: Callable[[], Any], images: Any) -> Program:
    """Predict with and without rows of zeros at the end, and compare."""
    rows = (images.reshape(-1, 28, 28) > 0.5).sum(axis=2)
    yield "construct"
    model = make()
    yield "predict"
    found, more = model.predict_on_batch(rows), model.predict_on_batch(np.pad(rows, ((0, 0), (0, 12))))
    apart = float(np.abs(found - more).max())
    return Seen(apart < 1e-5, f"outputs differ by up to {apart:.2g}")
