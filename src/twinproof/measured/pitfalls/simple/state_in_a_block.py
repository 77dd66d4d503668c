"""The method reset_states of a model whose stateful layer is in a block.

Keras 2 resets only the layers of the model itself. Keras 3 has no such method.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs

TITLE = "The method reset_states of a model whose stateful layer is in a block"
STYLE = "subclassed"
EXPECTED = "After reset_states the model predicts the same again."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/16250",
    "https://github.com/tensorflow/tensorflow/issues/55174",
)


class Block(layers.Layer):
    """Remembers earlier images."""

    def __init__(self) -> None:
        super().__init__()
        self.memory = layers.LSTM(16, stateful=True)

    def build(self, input_shape: Any) -> None:
        """Make the state for this number of images."""
        self.memory.build(input_shape)
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the output shape of `call`, which Keras 3 cannot infer if there is a state."""
        return input_shape[0], 16

    def call(self, rows: Any) -> Any:
        """Return the memory after these rows."""
        return self.memory(rows)

    def reset(self) -> None:
        """Clear the memory."""
        # Keras 3 renamed it.
        (self.memory.reset_state if hasattr(self.memory, "reset_state") else self.memory.reset_states)()


class Reader(keras.Model):
    """Reads images row by row."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block = block
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, rows: Any) -> Any:
        """Return the class probabilities of images, shape (n, 10)."""
        return self.classifier(self.block(rows))


def program(images: Any, labels: Any) -> Program:
    """Predict, reset the states of the model, predict."""
    yield "construct"
    model = Reader(Block())
    return (yield from read_twice(model, lambda: model.reset_states(), images))


def control(images: Any, labels: Any) -> Program:
    """Do the same, but reset the state of the layer."""
    yield "construct"
    block = Block()
    return (yield from read_twice(Reader(block), block.reset, images))


def read_twice(model: keras.Model, reset: Callable[[], None], images: Any) -> Program:
    """Predict, reset, predict and compare."""
    rows = images.reshape(-1, 28, 28)
    yield "predict"
    first = model.predict_on_batch(rows)
    yield "reset"
    reset()
    yield "predict again"
    return same_outputs(model.predict_on_batch(rows), first)
