"""An operation between an Embedding that masks zeros and an LSTM, in a graph.

Layers pass the mask on, operations drop it.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.mask_dropped import Doubled, padded

TITLE = "An operation between an Embedding that masks zeros and an LSTM, in a graph"
STYLE = "functional"
EXPECTED = "Rows of zeros at the end of an image change nothing."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/18543",
    "https://github.com/keras-team/keras/issues/9917",
)


def program(images: Any, labels: Any) -> Program:
    """Predict, with and without rows of zeros at the end."""
    return padded(lambda: drawn(lambda x: x * 2), images)


def control(images: Any, labels: Any) -> Program:
    """Do the same with the operation in a layer that supports masks."""
    return padded(lambda: drawn(Doubled()), images)


def drawn(double: Callable[[Any], Any]) -> keras.Model:
    """Return a graph that reads how many pixels are lit in each row, 0 to 28."""
    rows = keras.Input((None,))
    x = double(layers.Embedding(29, 8, mask_zero=True)(rows))
    return keras.Model(rows, layers.Dense(10, activation="softmax")(layers.LSTM(16)(x)))
