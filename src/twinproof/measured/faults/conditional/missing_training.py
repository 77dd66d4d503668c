"""The argument of `call` is named `train`; Keras passes on only one named `training`."""

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
    """Draw dropout only if the argument is set when the graph is drawn; it is drawn only once."""

    def build(train: bool = False) -> keras.Model:
        inputs = keras.Input((784,))
        x = layers.Dense(64, activation="relu")(inputs)
        if train:
            x = layers.Dropout(0.5)(x)
        x = layers.Dense(128, activation="relu")(x)
        return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

    return use(build, images, labels)


class Untold(keras.Model):
    """Takes the branch with dropout only if `train` is set."""

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
