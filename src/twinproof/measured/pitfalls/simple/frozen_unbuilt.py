"""A block that is frozen before it is built.

In Keras 3, the layers that it makes when it is built are not frozen with it.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import none_change, train

TITLE = "A block that is frozen before it is built"
STYLE = "subclassed"
EXPECTED = "Training does not change the weights of the block."
REFERENCES = ("https://github.com/keras-team/keras/issues/7051",)


class Block(layers.Layer):
    """Makes its layer when it is built."""

    def build(self, input_shape: Any) -> None:
        """Make the layer."""
        self.hidden = layers.Dense(128, activation="relu")
        self.hidden.build(input_shape)
        self.built = True

    def call(self, x: Any) -> Any:
        """Return the output of the layer."""
        return self.hidden(x)


class Topped(keras.Model):
    """Has a block and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.block = Block()
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.block(images))


def program(images: Any, labels: Any) -> Program:
    """Freeze the block, build the model, train."""
    yield "construct"
    model = Topped()
    yield "freeze"
    model.block.trainable = False
    yield "build"
    model(images)
    return (yield from trained(model, images, labels))


def control(images: Any, labels: Any) -> Program:
    """Do the same, but build the model first."""
    yield "construct"
    model = Topped()
    yield "build"
    model(images)
    yield "freeze"
    model.block.trainable = False
    return (yield from trained(model, images, labels))


def trained(model: Topped, images: Any, labels: Any) -> Program:
    """Train and see whether the weights of the block change."""
    before = model.block.get_weights()
    yield from train(model, images, labels)
    return none_change(before, model.block.get_weights())
