"""The layer is stored under one name and called by another, but only in the branch for training."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "A misspelt name where the model is trained"
MECHANISM = "A name that there is not, where only training comes"
ABOUT_STYLE = True
REFERENCES = ("https://github.com/keras-team/keras/issues/14100",)
CULPRIT = ("dropuot", "dropout")


def functional(images: Any, labels: Any) -> Program:
    """Continue from a variable that does not exist; a graph has no branch."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        dropout = layers.Dropout(0.5)(layers.Dense(64, activation="relu")(inputs))  # noqa: F841
        x = layers.Dense(128, activation="relu")(dropuot)  # type: ignore[name-defined]  # noqa: F821
        return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

    return use(build, images, labels)


class Misspelt(keras.Model):
    """Calls an attribute that does not exist."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = layers.Dense(64, activation="relu")
        self.dropout = layers.Dropout(0.5)
        self.decoder = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.encoder(images)
        if training:
            x = self.dropuot(x, training=True)
        return self.classifier(self.decoder(x))


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Misspelt, images, labels)
