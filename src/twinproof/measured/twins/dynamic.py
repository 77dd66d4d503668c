"""A network whose depth is chosen when it is made: 784 -> depth x 64 relu -> 10 softmax."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.twins.ingredients import with_ingredients
from twinproof.measured.twins.known import Known, dense

__all__ = ["functional", "known", "naive", "subclassed", "with_ingredients"]


def known(depth: int = 5) -> Known:
    """The layers of the network, independent of the style."""
    hidden = [dense(f"hidden_{index}", 64 if index else 784, 64) for index in range(depth)]
    return Known(784, (*hidden, dense("classifier", 64 if depth else 784, 10)))


def functional(depth: int = 5) -> keras.Model:
    """A graph that a loop draws."""
    images = keras.Input((784,))
    x = images
    for index in range(depth):
        x = layers.Dense(64, activation="relu", name=f"hidden_{index}")(x)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="dynamic")


@keras.saving.register_keras_serializable("twinproof")
class Dynamic(keras.Model):
    """A class that keeps its hidden layers in a list, and its depth in its config."""

    def __init__(self, depth: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.depth = depth
        self.hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(depth)]
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input((784,)))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "depth": self.depth}


def subclassed(depth: int = 5) -> keras.Model:
    """The class, which has built itself."""
    return Dynamic(depth, name="dynamic")


class Naive(keras.Model):
    """The class as people first write it, without thinking of saving it: its config lacks the depth."""

    def __init__(self, depth: int = 5) -> None:
        super().__init__()
        self.hidden = [layers.Dense(64, activation="relu", name=f"hidden_{index}") for index in range(depth)]
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)


def naive(depth: int = 5) -> keras.Model:
    """The class without its care, ready to be built."""
    return Naive(depth)
