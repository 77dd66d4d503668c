"""A network whose depth follows from the input's shape: 784 -> 392 -> 196 -> 98 -> 49, all relu, -> 10 softmax."""

from typing import Any

import keras
from keras import layers


def widths(pixels: int) -> list[int]:
    """Return half of `pixels`, half of that, and so on, until under 64."""
    found = []
    while pixels >= 64:
        pixels //= 2
        found.append(pixels)
    return found


def functional() -> keras.Model:
    """A graph that a loop draws once it knows the shape."""
    images = keras.Input((784,))
    x = images
    for width in widths(images.shape[-1]):
        x = layers.Dense(width, activation="relu", name=f"hidden_{width}")(x)
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="shaped")


@keras.saving.register_keras_serializable("twinproof")
class Shaped(keras.Model):
    """A class that makes its layers when it is built."""

    def build(self, input_shape: Any) -> None:
        """Make the layers for images of this shape."""
        self.hidden = [
            layers.Dense(width, activation="relu", name=f"hidden_{width}") for width in widths(input_shape[-1])
        ]
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        # Loading calls this, then fills the layers that have their weights; Keras 2 would build again at the next call.
        self.call(keras.Input(input_shape[1:]))
        self.built = True

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)


def subclassed() -> keras.Model:
    """The class, ready to be built."""
    return Shaped(name="shaped")
