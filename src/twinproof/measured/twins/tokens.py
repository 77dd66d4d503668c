"""A network that reads an image as tokens: 24 ids, 0 after the last one -> embedding -> LSTM -> 10 softmax.

A token stands for a bright square of 4 x 4 pixels: which one it is, and how bright. An image of MNIST has 4 to 26 of
them, of which the first 24 are read; the embedding masks what comes after the last one, and the LSTM takes no step
there.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

LENGTH, SQUARES, LEVELS = 24, 49, 3
IDS = 1 + SQUARES * LEVELS


def data(images: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return ids, int32, shape (n, 24), and classes as numbers, shape (n,)."""
    brightness = images.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, SQUARES)
    levels = np.rint(LEVELS * brightness).astype("int32")
    ids = np.where(levels, LEVELS * np.arange(SQUARES) + levels, 0).astype("int32")
    dark_last = np.argsort(ids == 0, axis=1, kind="stable")
    return np.take_along_axis(ids, dark_last, axis=1)[:, :LENGTH], labels


def compiling() -> dict[str, Any]:
    """Return what `compile` takes, for classes that are numbers."""
    return {"optimizer": "adam", "loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]}


def sequential(width: int = 48) -> keras.Model:
    """A list of layers, which pass the mask on; `width` is that of the embedding and of the state."""
    return keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32"),
            layers.Embedding(IDS, width, mask_zero=True, name="embedding"),
            layers.LSTM(width, name="reader"),
            layers.Dense(10, activation="softmax", name="classifier"),
        ],
        name="tokens",
    )


def functional(width: int = 48) -> keras.Model:
    """A graph of layers, which pass the mask on; `width` is that of the embedding and of the state."""
    ids = keras.Input((LENGTH,), dtype="int32")
    x = layers.Embedding(IDS, width, mask_zero=True, name="embedding")(ids)
    x = layers.LSTM(width, name="reader")(x)
    return keras.Model(ids, layers.Dense(10, activation="softmax", name="classifier")(x), name="tokens")


@keras.saving.register_keras_serializable("twinproof")
class Tokens(keras.Model):
    """A class whose `call` passes the mask along with the embedding."""

    def __init__(self, width: int = 48, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.embedding = layers.Embedding(IDS, width, mask_zero=True, name="embedding")
        self.reader = layers.LSTM(width, name="reader")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input((LENGTH,), dtype="int32"))

    def build(self, input_shape: Any) -> None:
        """Build the layers for ids of this shape."""
        self.call(keras.Input(input_shape[1:], dtype="int32"))
        super().build(input_shape)

    def call(self, ids: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of the images that `ids` stand for, shape (n, 10)."""
        return self.classifier(self.reader(self.embedding(ids), training=training))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width}


def subclassed(width: int = 48) -> keras.Model:
    """The class, which has built itself."""
    return Tokens(width, name="tokens")
