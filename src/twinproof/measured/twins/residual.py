"""A small residual network: (28, 28, 1) -> convolution -> blocks that add to their input -> mean -> 10 softmax.

A block with a stride above 1 halves the sides of the maps and doubles their number; its shortcut is a convolution too.
Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

SHAPE = (28, 28, 1)
STRIDES = (1, 2, 2)  # One block each.


def data(images: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return images, shape (n, 28, 28, 1), and classes as rows of one 1, shape (n, 10)."""
    return images.reshape(-1, *SHAPE), np.eye(10, dtype="float32")[labels]


def convolution(width: int, size: int, stride: int, name: str) -> layers.Layer:
    """Return a convolution without a bias, as a normalization follows it."""
    return layers.Conv2D(width, size, stride, padding="same", use_bias=False, name=name)


def block(shape: Any, stride: int, name: str) -> keras.Model:
    """Return a residual block for maps of this shape: a model that is used as a layer."""
    width = shape[-1] * stride
    maps = keras.Input(shape)
    x = convolution(width, 3, stride, "first")(maps)
    x = layers.ReLU(name="first_relu")(layers.BatchNormalization(momentum=0.9, name="first_norm")(x))
    x = layers.BatchNormalization(momentum=0.9, name="second_norm")(convolution(width, 3, 1, "second")(x))
    short = maps if stride == 1 else convolution(width, 1, stride, "shortcut")(maps)
    return keras.Model(maps, layers.ReLU(name="relu")(layers.Add(name="sum")([x, short])), name=name)


def functional(width: int = 8, strides: Sequence[int] = STRIDES) -> keras.Model:
    """A graph of graphs: each block is a model of its own. `width` is the number of maps before the first one."""
    images = keras.Input(SHAPE)
    x = convolution(width, 3, 2, "stem")(images)
    x = layers.ReLU(name="stem_relu")(layers.BatchNormalization(momentum=0.9, name="stem_norm")(x))
    for index, stride in enumerate(strides):
        x = block(x.shape[1:], stride, f"block_{index}")(x)
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="residual")


@keras.saving.register_keras_serializable("twinproof")
class Block(layers.Layer):
    """A residual block that gives maps of this number: a layer that holds layers."""

    def __init__(self, width: int, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.stride = width, stride
        self.first = convolution(width, 3, stride, "first")
        self.first_norm = layers.BatchNormalization(momentum=0.9, name="first_norm")
        self.first_relu = layers.ReLU(name="first_relu")
        self.second = convolution(width, 3, 1, "second")
        self.second_norm = layers.BatchNormalization(momentum=0.9, name="second_norm")
        self.shortcut = None if stride == 1 else convolution(width, 1, stride, "shortcut")
        self.relu = layers.ReLU(name="relu")

    def call(self, maps: Any, training: bool | None = None) -> Any:
        """Return the maps of this block."""
        x = self.first_relu(self.first_norm(self.first(maps), training=training))
        x = self.second_norm(self.second(x), training=training)
        return self.relu(x + (self.shortcut(maps) if self.shortcut else maps))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this layer can be made again."""
        return {**super().get_config(), "width": self.width, "stride": self.stride}


@keras.saving.register_keras_serializable("twinproof")
class Residual(keras.Model):
    """A class that holds its blocks in a list."""

    def __init__(self, width: int = 8, strides: Sequence[int] = STRIDES, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.strides = width, tuple(strides)
        self.stem = convolution(width, 3, 2, "stem")
        self.stem_norm = layers.BatchNormalization(momentum=0.9, name="stem_norm")
        self.stem_relu = layers.ReLU(name="stem_relu")
        self.blocks = []
        for index, stride in enumerate(strides):
            width *= stride
            self.blocks.append(Block(width, stride, name=f"block_{index}"))
        self.pool = layers.GlobalAveragePooling2D(name="pool")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input(SHAPE))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.stem_relu(self.stem_norm(self.stem(images), training=training))
        for block in self.blocks:
            x = block(x, training=training)
        return self.classifier(self.pool(x))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width, "strides": self.strides}


def subclassed(width: int = 8, strides: Sequence[int] = STRIDES) -> keras.Model:
    """The class, which has built itself."""
    return Residual(width, strides, name="residual")
