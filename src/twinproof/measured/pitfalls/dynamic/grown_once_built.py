"""By then, the list of the model's layers may be fixed."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A layer that is added to the list once the model is built"
STYLE = "subclassed"
EXPECTED = "After it is compiled again, the model trains the new layer, too."
REFERENCES = ("https://github.com/keras-team/keras-core/pull/820",)


class Growing(keras.Model):
    """Keeps its hidden layers in a list."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = [layers.Dense(64, activation="relu") for _ in range(5)]
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)


def program(images: Any, labels: Any) -> Program:
    """Train, add a layer, train on."""
    yield "construct"
    model = Growing()
    yield from train(model, images, labels)
    return (yield from _grown(model, images, labels))


def control(images: Any, labels: Any) -> Program:
    """Add the layer before the model is built."""
    yield "construct"
    return (yield from _grown(Growing(), images, labels))


def _grown(model: Growing, images: Any, labels: Any) -> Program:
    yield "add"
    model.hidden.append(layers.Dense(64, activation="relu"))
    yield from train(model, images, labels)
    found = len(model.trainable_variables)
    return Seen(found == 14, f"{found} arrays of weights are trained, of 14 that there are")
