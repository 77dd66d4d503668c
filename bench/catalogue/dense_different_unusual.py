"""Networks of dense layers that differ where nobody looks: on unusual inputs, in one mode, at a bound not yet reached.

They run on Keras 2 too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_different = partial(Pair, kind="dense", one_network=False)
relu = keras.activations.relu


def relu_6(x: Any) -> Any:
    return relu(x, max_value=6.0)


class Classifier(keras.Model):
    """Two dense layers, with a function before them and one between them, which may differ in training."""

    def __init__(
        self,
        between: Callable[[Any], Any] = relu,
        in_training: Callable[[Any], Any] | None = None,
        before: Callable[[Any], Any] | None = None,
        **hidden: Any,
    ):
        super().__init__()
        self.hidden = keras.layers.Dense(8, name="hidden", **hidden)
        self.out = keras.layers.Dense(3, activation="softmax", name="out")
        self.before, self.between, self.in_training = before, between, in_training or between

    def call(self, x, training=None):
        x = self.hidden(self.before(x) if self.before else x)
        return self.out(self.in_training(x) if training else self.between(x))


class Shift(keras.layers.Layer):
    """Adds a weight to its input, optionally only in training; the norm of the weight may be limited."""

    def __init__(self, in_inference: bool = True, longest: float | None = None, **options: Any):
        super().__init__(**options)
        self.in_inference = in_inference
        self.longest = longest

    def build(self, shape):
        constraint = keras.constraints.MaxNorm(self.longest) if self.longest else None
        self.shift = self.add_weight(name="shift", shape=(shape[-1],), initializer="zeros", constraint=constraint)

    def call(self, x, training=None):
        return x + self.shift if training or self.in_inference else x


def _built(build: Callable[..., keras.Model], **options: Any) -> keras.Model:
    """A built instance of a class, so that its inputs do not have to be declared."""
    model = build(**options)
    model(keras.Input((8,)))
    return model


def _functional(**hidden: Any) -> keras.Model:
    inputs = keras.Input((8,))
    x = keras.layers.ReLU(name="rectify")(keras.layers.Dense(8, name="hidden", **hidden)(inputs))
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="out")(x))


def _shifted(**options: Any) -> keras.Model:
    inputs = keras.Input((8,))
    x = keras.layers.Dense(8, activation="relu", use_bias=False, name="hidden")(inputs)
    x = Shift(**options, name="shifted")(x)
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="out")(x))


PAIRS = [
    _different(
        "relu_6_in_an_operation",
        first=_functional,
        second=partial(_built, Classifier, between=relu_6),
        change="The class caps its ReLU at 6, which inputs of a usual size do not reach.",
        culprit=("rectify", "hidden", "out"),
        family="activation",
    ),
    _different(
        "clipped_at_20",
        first=_functional,
        second=partial(_built, Classifier, between=lambda x: relu(x, max_value=20.0)),
        change="The class clips what the hidden layer gives at 20.",
        culprit=("rectify", "hidden", "out"),
        family="activation",
    ),
    _different(
        "constraint_not_yet_reached",
        first=_functional,
        second=partial(_built, Classifier, kernel_constraint=keras.constraints.MaxNorm(50.0)),
        change="The kernel of the hidden layer is held to a norm of 50, which it does not come near.",
        culprit=("hidden", "hidden/kernel"),
        family="constraint",
    ),
    _different(
        "bias_dropped_in_inference",
        first=_shifted,
        second=partial(_shifted, in_inference=False),
        change="A trained shift is added in training alone; it starts at zero, so that a new model infers the same.",
        culprit=("shifted", "shifted/shift"),
        family="inference",
    ),
    _different(
        "capped_in_training_alone",
        first=_functional,
        second=partial(_built, Classifier, in_training=relu_6),
        change="The class caps its ReLU at 6 in training alone, so that inference is the same on all inputs.",
        culprit=("rectify", "hidden", "out"),
        family="activation",
    ),
    _different(
        "constraint_of_an_own_layer_not_yet_reached",
        first=_shifted,
        second=partial(_shifted, longest=50.0),
        change="An own layer holds its weight to a norm of 50, which no setting of a layer shows.",
        culprit=("shifted", "shifted/shift"),
        family="constraint",
    ),
    _different(
        "negative_inputs_cut_off",
        first=_functional,
        second=partial(_built, Classifier, before=relu),
        change="The class cuts negative inputs off, of which pixels have none.",
        culprit=("hidden",),
        family="operation",
    ),
]
