"""A network that is given two images: one encoder for both, 784 -> 64 -> 32; are they of the same digit? -> 1 sigmoid.

Source: Bromley, Guyon, LeCun, Saeckinger and Shah, Signature verification using a "siamese" time delay neural network,
1993; here the codes are compared by the squares of their differences.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray


def data(images: NDArray[Any], labels: NDArray[Any]) -> tuple[dict[str, NDArray[Any]], NDArray[Any]]:
    """Return pairs of images, and 1 if both show the same digit, otherwise 0, shape (n, 1).

    In the order of their labels, every other image is paired with its neighbour, and the others with one that is far
    away: about half of the pairs show the same digit.
    """
    order = np.argsort(labels, kind="stable")
    near, far = np.roll(order, 1), np.roll(order, len(order) // 2)
    partners = np.empty_like(order)
    partners[order] = np.where(np.arange(len(order)) % 2, near, far)
    same = (labels == labels[partners]).astype("float32")
    return {"left": images, "right": images[partners]}, same[:, np.newaxis]


def compiling() -> dict[str, Any]:
    """Return what `compile` takes, for the answer yes or no."""
    return {"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy"]}


def functional(width: int = 64) -> keras.Model:
    """A graph that goes through one encoder, a model of its own, twice; `width` is that of its hidden layer."""
    image = keras.Input((784,))
    hidden = layers.Dense(width, activation="relu", name="hidden")(image)
    encoder = keras.Model(image, layers.Dense(width // 2, activation="relu", name="code")(hidden), name="encoder")
    images = {"left": keras.Input((784,), name="left"), "right": keras.Input((784,), name="right")}
    difference = layers.Subtract(name="difference")([encoder(images["left"]), encoder(images["right"])])
    square = layers.Multiply(name="square")([difference, difference])
    return keras.Model(images, layers.Dense(1, activation="sigmoid", name="same")(square), name="siamese")


@keras.saving.register_keras_serializable("twinproof")
class Siamese(keras.Model):
    """A class that holds one encoder and calls it twice."""

    def __init__(self, width: int = 64, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.hidden = layers.Dense(width, activation="relu", name="hidden")
        self.code = layers.Dense(width // 2, activation="relu", name="code")
        self.same = layers.Dense(1, activation="sigmoid", name="same")
        self({"left": keras.Input((784,)), "right": keras.Input((784,))})

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of these shapes, by their names."""
        self.call({name: keras.Input(shape[1:]) for name, shape in input_shape.items()})
        super().build(input_shape)

    def encode(self, images: Any) -> Any:
        """Return the codes of images, shape (n, width // 2)."""
        return self.code(self.hidden(images))

    def call(self, images: Any) -> Any:
        """Return the probability that the images `left` and `right` show the same digit, shape (n, 1)."""
        difference = self.encode(images["left"]) - self.encode(images["right"])
        return self.same(difference * difference)

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width}


def subclassed(width: int = 64) -> keras.Model:
    """The class, which has built itself."""
    return Siamese(width, name="siamese")
