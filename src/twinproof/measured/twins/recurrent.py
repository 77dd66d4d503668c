"""A network that reads an image row by row: 28 rows of 28 -> GRU, whose last state -> 10 softmax."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

SHAPE = (28, 28)


def data(images: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return rows of pixels, shape (n, 28, 28), and classes as rows of one 1, shape (n, 10)."""
    return images.reshape(-1, *SHAPE), np.eye(10, dtype="float32")[labels]


def sequential(width: int = 48) -> keras.Model:
    """A list of layers; `width` is that of the state."""
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.GRU(width, name="reader"),
            layers.Dense(10, activation="softmax", name="classifier"),
        ],
        name="recurrent",
    )


def functional(width: int = 48) -> keras.Model:
    """A graph of layers, one of which loops; `width` is that of its state."""
    rows = keras.Input(SHAPE)
    state = layers.GRU(width, name="reader")(rows)
    return keras.Model(rows, layers.Dense(10, activation="softmax", name="classifier")(state), name="recurrent")


@keras.saving.register_keras_serializable("twinproof")
class Recurrent(keras.Model):
    """A class that holds the layer that loops."""

    def __init__(self, width: int = 48, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.reader = layers.GRU(width, name="reader")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input(SHAPE))

    def build(self, input_shape: Any) -> None:
        """Build the layers for rows of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, rows: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of the images with these rows, shape (n, 10)."""
        return self.classifier(self.reader(rows, training=training))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width}


def subclassed(width: int = 48) -> keras.Model:
    """The class, which has built itself."""
    return Recurrent(width, name="recurrent")
