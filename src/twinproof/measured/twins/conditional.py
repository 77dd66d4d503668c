"""A network that behaves differently while it is trained: 784 -> 64 relu -> dropout -> 128 relu -> 10 softmax."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from twinproof.measured.twins.known import Known, dense, dropout


def known() -> Known:
    """The layers of the network, independent of the style."""
    hidden = dense("encoder", 784, 64), dropout("dropout", 64), dense("decoder", 64, 128)
    return Known(784, (*hidden, dense("classifier", 128, 10)))


def functional() -> keras.Model:
    """A graph; Dropout itself knows whether the model is being trained."""
    images = keras.Input((784,))
    x = layers.Dense(64, activation="relu", name="encoder")(images)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.Dense(128, activation="relu", name="decoder")(x)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="conditional")


@keras.saving.register_keras_serializable("twinproof")
class Conditional(keras.Model):
    """A class whose `call` takes the branch of dropout only while it is trained."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.encoder = layers.Dense(64, activation="relu", name="encoder")
        self.dropout = layers.Dropout(0.5, name="dropout")
        self.decoder = layers.Dense(128, activation="relu", name="decoder")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input((784,)))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.encoder(images)
        if training:
            x = self.dropout(x, training=True)
        return self.classifier(self.decoder(x))


def subclassed() -> keras.Model:
    """The class, which has built itself."""
    return Conditional(name="conditional")


class Naive(keras.Model):
    """The class as people first write it, without thinking of saving it."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = layers.Dense(64, activation="relu", name="encoder")
        self.dropout = layers.Dropout(0.5, name="dropout")
        self.decoder = layers.Dense(128, activation="relu", name="decoder")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.encoder(images)
        if training:
            x = self.dropout(x, training=True)
        return self.classifier(self.decoder(x))


def naive() -> keras.Model:
    """The class without its care, ready to be built."""
    return Naive()
