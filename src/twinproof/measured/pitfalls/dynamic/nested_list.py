"""A layer tracks and trains all layers inside it, but may save only those in the outer list."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import train_and_keep

TITLE = "Layers in a list within a list"
STYLE = "subclassed"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/20598",
    "https://github.com/keras-team/keras/pull/22362",
)


class Blocks(layers.Layer):
    """Keeps the hidden layers in blocks of two."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = [[layers.Dense(64, activation="relu") for _ in range(2)] for _ in range(2)]

    def call(self, x: Any) -> Any:
        """Return the output of the hidden layers."""
        for block in self.blocks:
            for layer in block:
                x = layer(x)
        return x


class Flat(layers.Layer):
    """Keeps the hidden layers in one list."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = [layers.Dense(64, activation="relu") for _ in range(4)]

    def call(self, x: Any) -> Any:
        """Return the output of the hidden layers."""
        for layer in self.hidden:
            x = layer(x)
        return x


@keras.utils.register_keras_serializable("pitfalls")
class Holder(keras.Model):
    """Holds the layer and the classifier."""

    KIND: type[layers.Layer] = Blocks

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = self.KIND()
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


@keras.utils.register_keras_serializable("pitfalls")
class HolderOfFlat(Holder):
    """Holds the layer with one list."""

    KIND = Flat


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    return train_and_keep(Holder, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with one list of all layers."""
    return train_and_keep(HolderOfFlat, images, labels)
