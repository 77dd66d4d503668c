"""The plainest network, 784 -> 128 relu -> 10 softmax: the only one of the three that all styles can write."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.twins.known import Known, dense


def known() -> Known:
    """The layers of the network, independent of the style."""
    return Known(784, (dense("hidden", 784, 128), dense("classifier", 128, 10)))


def sequential() -> keras.Model:
    """A list of layers."""
    return keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(128, activation="relu", name="hidden"),
            layers.Dense(10, activation="softmax", name="classifier"),
        ],
        name="simple",
    )


def functional() -> keras.Model:
    """A graph of layers, from the input to the output."""
    images = keras.Input((784,))
    hidden = layers.Dense(128, activation="relu", name="hidden")(images)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(hidden), name="simple")


@keras.saving.register_keras_serializable("twinproof")
class Simple(keras.Model):
    """A class that holds its layers and calls them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = layers.Dense(128, activation="relu", name="hidden")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input((784,)))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def subclassed() -> keras.Model:
    """The class, which has built itself."""
    return Simple(name="simple")


class Naive(keras.Model):
    """The class as people first write it, without thinking of saving it."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu", name="hidden")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def naive() -> keras.Model:
    """The class without its care, ready to be built."""
    return Naive()
