"""An autoencoder that removes noise from images: (28, 28, 1) -> convolutions down to 7 x 7 -> two up -> sigmoid.

Source: Vincent, Larochelle, Bengio and Manzagol, Extracting and composing robust features with denoising autoencoders,
2008.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

SHAPE = (28, 28, 1)
SEED, NOISE = 0, 0.4  # The standard deviation of the noise, for pixels between 0 and 1.


def data(images: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return images with noise, the same in each call, and the images without, both of shape (n, 28, 28, 1)."""
    clean = images.reshape(-1, *SHAPE)
    noise = np.random.default_rng(SEED).standard_normal(clean.shape, dtype=np.float32)
    return np.clip(clean + np.float32(NOISE) * noise, 0, 1), clean


def compiling() -> dict[str, Any]:
    """Return what `compile` takes, for pixels as targets."""
    return {"optimizer": "adam", "loss": "mse", "metrics": ["mae"]}


def down(width: int, name: str) -> layers.Layer:
    """Return a convolution that halves the sides."""
    return layers.Conv2D(width, 3, strides=2, padding="same", activation="relu", name=name)


def up(width: int, name: str) -> layers.Layer:
    """Return a convolution that doubles the sides."""
    return layers.Conv2DTranspose(width, 3, strides=2, padding="same", activation="relu", name=name)


def sequential(width: int = 8) -> keras.Model:
    """A list of layers; `width` is the number of maps of each but the last."""
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            down(width, "down"),
            down(width, "down_again"),
            up(width, "up"),
            up(width, "up_again"),
            layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="image"),
        ],
        name="denoising",
    )


def functional(width: int = 8) -> keras.Model:
    """A graph of layers; `width` is the number of maps of each but the last."""
    images = keras.Input(SHAPE)
    code = down(width, "down_again")(down(width, "down")(images))
    x = up(width, "up_again")(up(width, "up")(code))
    x = layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="image")(x)
    return keras.Model(images, x, name="denoising")


@keras.saving.register_keras_serializable("twinproof")
class Denoising(keras.Model):
    """A class with a method for each half."""

    def __init__(self, width: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.down, self.down_again = down(width, "down"), down(width, "down_again")
        self.up, self.up_again = up(width, "up"), up(width, "up_again")
        self.image = layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="image")
        self(keras.Input(SHAPE))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def encode(self, images: Any) -> Any:
        """Return the codes of images, shape (n, 7, 7, width)."""
        return self.down_again(self.down(images))

    def decode(self, codes: Any) -> Any:
        """Return the images that codes stand for, shape (n, 28, 28, 1)."""
        return self.image(self.up_again(self.up(codes)))

    def call(self, images: Any) -> Any:
        """Return `images` without their noise, shape (n, 28, 28, 1)."""
        return self.decode(self.encode(images))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width}


def subclassed(width: int = 8) -> keras.Model:
    """The class, which has built itself."""
    return Denoising(width, name="denoising")
