"""Its argument is named `train`; only one named `training` is passed on by Keras."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Dropout that is never told of training"
MECHANISM = "An argument that Keras does not pass"
ABOUT_STYLE = True
REFERENCES = (
    "https://github.com/keras-team/keras-hub/issues/1500",
    "https://github.com/tensorflow/tensorflow/issues/19420",
)
CULPRIT = ("train'", "training", "dropout", "Dropout")


def functional(images: Any, labels: Any) -> Program:
    """Draw dropout only for training, into a graph that is drawn once and for all."""

    def build(train: bool = False) -> keras.Model:
        inputs = keras.Input((784,))
        x = layers.Dense(64, activation="relu")(inputs)
        if train:
            x = layers.Dropout(0.5)(x)
        x = layers.Dense(128, activation="relu")(x)
        return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

    return use(build, images, labels)


class Untold(keras.Model):
    """Takes the branch of dropout only if told so."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = layers.Dense(64, activation="relu")
        self.dropout = layers.Dropout(0.5)
        self.decoder = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any, train: bool = False) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.encoder(images)
        if train:
            x = self.dropout(x, training=True)
        return self.classifier(self.decoder(x))


def subclassed(images: Any, labels: Any) -> Program:
    """Use the class."""
    return use(Untold, images, labels)
