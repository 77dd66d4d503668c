"""In an attribute of that name Keras itself notes the layers in a layer."""

from typing import Any

import keras
from keras import layers

from twinproof.pitfalls import Program
from twinproof.pitfalls.usual import keep, train

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
        """Return what the hidden layers make of `x`."""
        for layer in self._layers:
            x = layer(x)
        return x


@keras.saving.register_keras_serializable("pitfalls")
class Holder(keras.Model):
    """Holds the layer and the classifier."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = Stack()
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    yield "construct"
    model = Holder()
    yield from train(model, images, labels)
    return (yield from keep(model, images))
