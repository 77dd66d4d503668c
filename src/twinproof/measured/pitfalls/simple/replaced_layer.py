"""The first layer, which is no longer called, may stay with the model."""

from typing import Any

import keras
from keras.layers import Dense

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A layer that is replaced before the model is used"
STYLE = "subclassed"
EXPECTED = "The model has the two layers that it uses."
REFERENCES = ("https://github.com/keras-team/keras/issues/19268",)


class Given(keras.Model):
    """Is given its classifier."""

    def __init__(self, classifier: Any) -> None:
        super().__init__()
        self.hidden = Dense(128, activation="relu", name="hidden")
        self.classifier = classifier

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def program(images: Any, labels: Any) -> Program:
    """Replace the classifier, train."""
    yield "construct"
    model = Given(Dense(10, activation="softmax", name="classifier"))
    yield "replace"
    model.classifier = Dense(10, activation="softmax", name="other_classifier")
    return (yield from _listed(model, images, labels))


def control(images: Any, labels: Any) -> Program:
    """Give it the other classifier from the start."""
    yield "construct"
    model = Given(Dense(10, activation="softmax", name="other_classifier"))
    return (yield from _listed(model, images, labels))


def _listed(model: Given, images: Any, labels: Any) -> Program:
    yield from train(model, images, labels)
    names = [layer.name for layer in model.layers]
    return Seen(len(names) == 2, f"its layers are {', '.join(names)}")
