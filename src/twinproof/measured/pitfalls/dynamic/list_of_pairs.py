"""Keras tracks a list, and a list of lists; it may not track a list of tuples."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import train_and_keep

TITLE = "Layers in a list of pairs of name and layer"
STYLE = "subclassed"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = (
    "https://github.com/tensorflow/tensorflow/issues/22140",
    "https://github.com/keras-team/keras/pull/22362",
)


@keras.utils.register_keras_serializable("pitfalls")
class Paired(keras.Model):
    """Keeps each hidden layer together with its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = [(f"hidden_{index}", layers.Dense(64, activation="relu")) for index in range(5)]
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for _, layer in self.hidden:
            x = layer(x)
        return self.classifier(x)


@keras.utils.register_keras_serializable("pitfalls")
class Listed(keras.Model):
    """Keeps each hidden layer by itself; a layer has a name anyway."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(5)]
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    return train_and_keep(Paired, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a list of layers."""
    return train_and_keep(Listed, images, labels)
