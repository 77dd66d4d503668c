"""Keras itself uses an attribute of that name, for the layers inside a layer."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import train_and_keep

TITLE = "Layers in an attribute named _layers"
STYLE = "subclassed"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/20260",
    "https://github.com/keras-team/keras/pull/22359",
)


class Stack(layers.Layer):
    """Hides its list of hidden layers from its users."""

    def __init__(self) -> None:
        super().__init__()
        self._layers = [layers.Dense(64, activation="relu") for _ in range(5)]

    def call(self, x: Any) -> Any:
        """Return the output of the hidden layers."""
        for layer in self._layers:
            x = layer(x)
        return x


class Renamed(layers.Layer):
    """Hides its list under another name."""

    def __init__(self) -> None:
        super().__init__()
        self._hidden = [layers.Dense(64, activation="relu") for _ in range(5)]

    def call(self, x: Any) -> Any:
        """Return the output of the hidden layers."""
        for layer in self._hidden:
            x = layer(x)
        return x


@keras.utils.register_keras_serializable("pitfalls")
class Holder(keras.Model):
    """Holds the layer and the classifier."""

    KIND: type[layers.Layer] = Stack

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = self.KIND()
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


@keras.utils.register_keras_serializable("pitfalls")
class HolderOfRenamed(Holder):
    """Holds the layer with the other name."""

    KIND = Renamed


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    return train_and_keep(Holder, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a list of another name."""
    return train_and_keep(HolderOfRenamed, images, labels)
