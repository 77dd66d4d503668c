"""The encoder's output, 64 values, is added to the decoder's output, 128 values."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "A sum of two widths"
MECHANISM = "Layers that do not fit each other"
ABOUT_STYLE = True
REFERENCES = ("https://github.com/keras-team/tf-keras/issues/476",)
CULPRIT = ("64", "128")


def functional(images: Any, labels: Any) -> Program:
    """Draw the sum into the graph."""

    def build() -> keras.Model:
        inputs = keras.Input((784,))
        x = layers.Dropout(0.5)(layers.Dense(64, activation="relu", name="encoder")(inputs))
        x = layers.Add(name="sum")([x, layers.Dense(128, activation="relu", name="decoder")(x)])
        return keras.Model(inputs, layers.Dense(10, activation="softmax", name="classifier")(x))

    return use(build, images, labels)


class Mismatched(keras.Model):
    """Adds with a plus sign."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = layers.Dense(64, activation="relu", name="encoder")
        self.dropout = layers.Dropout(0.5, name="dropout")
        self.decoder = layers.Dense(128, activation="relu", name="decoder")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.dropout(self.encoder(images), training=training)
        return self.classifier(x + self.decoder(x))


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Mismatched, images, labels)
