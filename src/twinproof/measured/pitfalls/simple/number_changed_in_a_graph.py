"""A Python number of a layer in a graph that a callback changes.

The training step is compiled once, with the value at that time.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.number_changed_in_training import changed

TITLE = "A Python number of a layer in a graph that a callback changes"
STYLE = "functional"
EXPECTED = "The second epoch uses the new number, so that its loss differs; nothing is learned."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/13826",
    "https://github.com/ai2es/miles-guess/pull/5",
)


class Scale(layers.Layer):
    """Multiplies by a number."""

    def __init__(self) -> None:
        super().__init__()
        self.factor: Any = 1.0

    def call(self, x: Any) -> Any:
        """Return `x` times the number."""
        return self.factor * x

    def change(self) -> None:
        """Take another factor."""
        self.factor = 3.0


class ScaleByWeight(Scale):
    """Multiplies by a weight that is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = self.add_weight(shape=(), initializer="ones", trainable=False, name="factor")

    def change(self) -> None:
        """Take another factor."""
        self.factor.assign(3.0)


def program(images: Any, labels: Any) -> Program:
    """Train for two epochs, with steps of length 0, and change the number in between."""
    return _changed(Scale, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a weight that is not trained."""
    return _changed(ScaleByWeight, images, labels)


def _changed(kind: type[Scale], images: Any, labels: Any) -> Program:
    yield "construct"
    scale, inputs = kind(), keras.Input((784,))
    x = scale(layers.Dense(128, activation="relu")(inputs))
    model = keras.Model(inputs, layers.Dense(10, activation="softmax")(x))
    return (yield from changed(model, scale.change, images, labels))
