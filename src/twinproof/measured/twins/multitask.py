"""A network with two answers: 784 -> 128 relu -> which digit it is, 10 softmax; and whether it is odd, 1 sigmoid."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray


def data(images: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[Any], dict[str, NDArray[Any]]]:
    """Return flat images, and both answers: rows of one 1, shape (n, 10); 1 for odd and 0 for even, shape (n, 1)."""
    odd = (labels % 2).astype("float32")[:, np.newaxis]
    return images, {"digit": np.eye(10, dtype="float32")[labels], "odd": odd}


def compiling() -> dict[str, Any]:
    """Return what `compile` takes, a loss and a metric for each answer."""
    return {
        "optimizer": "adam",
        "loss": {"digit": "categorical_crossentropy", "odd": "binary_crossentropy"},
        "metrics": {"digit": ["accuracy"], "odd": ["accuracy"]},
    }


def functional(width: int = 128) -> keras.Model:
    """A graph with two ends; `width` is that of the hidden layer."""
    images = keras.Input((784,))
    hidden = layers.Dense(width, activation="relu", name="hidden")(images)
    answers = {
        "digit": layers.Dense(10, activation="softmax", name="digit")(hidden),
        "odd": layers.Dense(1, activation="sigmoid", name="odd")(hidden),
    }
    return keras.Model(images, answers, name="multitask")


@keras.saving.register_keras_serializable("twinproof")
class Multitask(keras.Model):
    """A class whose `call` returns both answers."""

    def __init__(self, width: int = 128, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.hidden = layers.Dense(width, activation="relu", name="hidden")
        self.digit = layers.Dense(10, activation="softmax", name="digit")
        self.odd = layers.Dense(1, activation="sigmoid", name="odd")
        self(keras.Input((784,)))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any) -> dict[str, Any]:
        """Return the class probabilities, shape (n, 10), and how probable it is that the digit is odd, shape (n, 1)."""
        hidden = self.hidden(images)
        return {"digit": self.digit(hidden), "odd": self.odd(hidden)}

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width}


def subclassed(width: int = 128) -> keras.Model:
    """The class, which has built itself."""
    return Multitask(width, name="multitask")
