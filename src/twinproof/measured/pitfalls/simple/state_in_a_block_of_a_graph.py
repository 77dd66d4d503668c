"""The method reset_states of a graph whose stateful layer is in a block.

Keras 2 resets only the layers of the model itself. Keras 3 has no such method.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.state_in_a_block import Block, read_twice

TITLE = "The method reset_states of a graph whose stateful layer is in a block"
STYLE = "functional"
EXPECTED = "After reset_states the model predicts the same again."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/16250",
    "https://github.com/tensorflow/tensorflow/issues/55174",
)


def program(images: Any, labels: Any) -> Program:
    """Predict, reset the states of the model, predict."""
    yield "construct"
    model = drawn(Block(), len(images))
    return (yield from read_twice(model, lambda: model.reset_states(), images))


def control(images: Any, labels: Any) -> Program:
    """Do the same, but reset the state of the layer."""
    yield "construct"
    block = Block()
    return (yield from read_twice(drawn(block, len(images)), block.reset, images))


def drawn(block: Block, count: int) -> keras.Model:
    """Return a graph that reads this number of images row by row."""
    rows = keras.Input((28, 28), batch_size=count)
    return keras.Model(rows, layers.Dense(10, activation="softmax")(block(rows)))
