"""A network of convolutions, LeNet-5 with normalization and dropout: (28, 28, 1) -> 6 and 16 maps -> 120 -> 84 -> 10.

Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

SHAPE = (28, 28, 1)


def data(images: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return images, shape (n, 28, 28, 1), and classes as rows of one 1, shape (n, 10)."""
    return images.reshape(-1, *SHAPE), np.eye(10, dtype="float32")[labels]


def sequential(width: int = 6) -> keras.Model:
    """A list of layers; `width` is the number of maps of the first convolution."""
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(width, 5, activation="relu", name="coarse"),
            layers.BatchNormalization(momentum=0.9, name="coarse_norm"),
            layers.MaxPooling2D(name="coarse_pool"),
            layers.Conv2D(16 * width // 6, 5, activation="relu", name="fine"),
            layers.BatchNormalization(momentum=0.9, name="fine_norm"),
            layers.MaxPooling2D(name="fine_pool"),
            layers.Flatten(name="flat"),
            layers.Dense(20 * width, activation="relu", name="hidden"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(14 * width, activation="relu", name="hidden_again"),
            layers.Dense(10, activation="softmax", name="classifier"),
        ],
        name="lenet",
    )


def functional(width: int = 6) -> keras.Model:
    """A graph of layers; `width` is the number of maps of the first convolution."""
    images = keras.Input(SHAPE)
    x = layers.Conv2D(width, 5, activation="relu", name="coarse")(images)
    x = layers.BatchNormalization(momentum=0.9, name="coarse_norm")(x)
    x = layers.MaxPooling2D(name="coarse_pool")(x)
    x = layers.Conv2D(16 * width // 6, 5, activation="relu", name="fine")(x)
    x = layers.BatchNormalization(momentum=0.9, name="fine_norm")(x)
    x = layers.MaxPooling2D(name="fine_pool")(x)
    x = layers.Flatten(name="flat")(x)
    x = layers.Dense(20 * width, activation="relu", name="hidden")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    x = layers.Dense(14 * width, activation="relu", name="hidden_again")(x)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="lenet")


@keras.saving.register_keras_serializable("twinproof")
class LeNet(keras.Model):
    """A class that passes `training` to the layers that behave differently in training."""

    def __init__(self, width: int = 6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.coarse = layers.Conv2D(width, 5, activation="relu", name="coarse")
        self.coarse_norm = layers.BatchNormalization(momentum=0.9, name="coarse_norm")
        self.coarse_pool = layers.MaxPooling2D(name="coarse_pool")
        self.fine = layers.Conv2D(16 * width // 6, 5, activation="relu", name="fine")
        self.fine_norm = layers.BatchNormalization(momentum=0.9, name="fine_norm")
        self.fine_pool = layers.MaxPooling2D(name="fine_pool")
        self.flat = layers.Flatten(name="flat")
        self.hidden = layers.Dense(20 * width, activation="relu", name="hidden")
        self.dropout = layers.Dropout(0.3, name="dropout")
        self.hidden_again = layers.Dense(14 * width, activation="relu", name="hidden_again")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input(SHAPE))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.coarse_pool(self.coarse_norm(self.coarse(images), training=training))
        x = self.fine_pool(self.fine_norm(self.fine(x), training=training))
        x = self.dropout(self.hidden(self.flat(x)), training=training)
        return self.classifier(self.hidden_again(x))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width}


def subclassed(width: int = 6) -> keras.Model:
    """The class, which has built itself."""
    return LeNet(width, name="lenet")
