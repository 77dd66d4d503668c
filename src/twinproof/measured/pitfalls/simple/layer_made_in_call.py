"""The layer does not belong to the model: its weights are neither listed, nor trained, nor saved."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A layer with weights that is made in call"
STYLE = "subclassed"
EXPECTED = "The weights of both layers are trained."
REFERENCES = ("https://github.com/keras-team/keras/issues/11736",)


class Late(keras.Model):
    """Makes its classifier when it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return layers.Dense(10, activation="softmax")(self.hidden(images))


class Early(Late):
    """Makes its classifier in the constructor."""

    def __init__(self) -> None:
        super().__init__()
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def program(images: Any, labels: Any) -> Program:
    """Train and count what is trained."""
    return _trained(Late, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a layer that is made in the constructor."""
    return _trained(Early, images, labels)


def _trained(kind: type[Late], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield from train(model, images, labels)
    found = len(model.trainable_variables)
    return Seen(found == 4, f"{found} arrays of weights are trained, of 4 that are used")
