"""A functional block that is frozen before it is used.

It has its layers and weights from the start.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import none_change, train

TITLE = "A functional block that is frozen before it is used"
STYLE = "functional"
EXPECTED = "Training does not change the weights of the block."
REFERENCES = ("https://github.com/keras-team/keras/issues/7051",)


def program(images: Any, labels: Any) -> Program:
    """Freeze the block, draw the graph around it, train."""
    yield "construct"
    block = drawn_block()
    yield "freeze"
    block.trainable = False
    return (yield from _trained(block, around(block), images, labels))


def control(images: Any, labels: Any) -> Program:
    """Do the same, but draw the graph around it first."""
    yield "construct"
    block = drawn_block()
    model = around(block)
    yield "freeze"
    block.trainable = False
    return (yield from _trained(block, model, images, labels))


def drawn_block() -> keras.Model:
    """Return the block."""
    inputs = keras.Input((784,))
    return keras.Model(inputs, layers.Dense(128, activation="relu")(inputs))


def around(block: keras.Model) -> keras.Model:
    """Return the block with a classifier."""
    inputs = keras.Input((784,))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(block(inputs)))


def _trained(block: keras.Model, model: keras.Model, images: Any, labels: Any) -> Program:
    before = block.get_weights()
    yield from train(model, images, labels)
    return none_change(before, block.get_weights())
