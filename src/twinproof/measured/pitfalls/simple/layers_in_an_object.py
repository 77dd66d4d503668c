"""Keras looks for layers in its own objects and in containers, but not in other objects."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import all_change, train

TITLE = "Layers in an object of one's own"
STYLE = "subclassed"
EXPECTED = "Training changes all weights."
REFERENCES: tuple[str, ...] = ()


class Body:
    """The layers before the classifier."""

    def __init__(self) -> None:
        self.hidden = layers.Dense(128, activation="relu")


class BodyLayer(layers.Layer):
    """The same as a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")


class Composed(keras.Model):
    """Has a body and a classifier."""

    def __init__(self, body: Body | BodyLayer) -> None:
        super().__init__()
        self.body = body
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.body.hidden(images))


def program(images: Any, labels: Any) -> Program:
    """Train, and compare the weights of the layers before and after."""
    return _trained(Body, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a body that is a layer itself."""
    return _trained(BodyLayer, images, labels)


def _trained(body: type[Body] | type[BodyLayer], images: Any, labels: Any) -> Program:
    yield "construct"
    model = Composed(body())
    yield "build"
    model(images)
    before = model.body.hidden.get_weights() + model.classifier.get_weights()
    yield from train(model, images, labels)
    return all_change(before, model.body.hidden.get_weights() + model.classifier.get_weights())
