"""Networks of dense layers that differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_different = partial(Pair, kind="dense", one_network=False)


def _layers(**changes: dict[str, Any]) -> dict[str, keras.layers.Layer]:
    def options(name: str, **usual: Any) -> dict[str, Any]:
        return {"name": name, **usual, **changes.get(name, {})}

    return {
        "hidden": keras.layers.Dense(**options("hidden", units=8, activation="relu")),
        "norm": keras.layers.BatchNormalization(**options("norm")),
        "drop": keras.layers.Dropout(**options("drop", rate=0.2)),
        "middle": keras.layers.Dense(**options("middle", units=8, activation="tanh")),
        "out": keras.layers.Dense(**options("out", units=4)),
    }


def _functional(**changes: dict[str, Any]) -> keras.Model:
    inputs = x = keras.Input((8,))
    for layer in _layers(**changes).values():
        x = layer(x)
    return keras.Model(inputs, x)


def _sequential(**changes: dict[str, Any]) -> keras.Model:
    return keras.Sequential([keras.Input((8,)), *_layers(**changes).values()])


class Subclass(keras.Model):
    """The same stack as a class."""

    def __init__(self, **changes: dict[str, Any]):
        super().__init__()
        layers = _layers(**changes)
        self.out = layers["out"]
        self.middle = layers["middle"]
        self.drop = layers["drop"]
        self.norm = layers["norm"]
        self.hidden = layers["hidden"]

    def call(self, inputs, training=None):
        x = self.norm(self.hidden(inputs), training=training)
        x = self.drop(x, training=training)
        return self.out(self.middle(x))


class NormBeforeMiddle(Subclass):
    def call(self, inputs, training=None):
        x = self.drop(self.hidden(inputs), training=training)
        return self.out(self.middle(self.norm(x, training=training)))


class MiddleFirst(Subclass):
    def call(self, inputs, training=None):
        x = self.norm(self.middle(inputs), training=training)
        return self.out(self.hidden(self.drop(x, training=training)))


class NoDropout(Subclass):
    def call(self, inputs, training=None):
        return self.out(self.middle(self.norm(self.hidden(inputs), training=training)))


class NormInInference(Subclass):
    def call(self, inputs, training=None):
        x = self.norm(self.hidden(inputs), training=False)
        return self.out(self.middle(self.drop(x, training=training)))


class DropoutAlwaysOn(Subclass):
    def call(self, inputs, training=None):
        x = self.norm(self.hidden(inputs), training=training)
        return self.out(self.middle(self.drop(x, training=True)))


def _frozen_afterwards() -> keras.Model:
    model = _functional()
    model.get_layer("hidden").trainable = False
    return model


def _compiled(
    build: Any = _functional, optimizer: dict[str, Any] | None = None, loss: dict[str, Any] | None = None
) -> keras.Model:
    model = build()
    model.compile(
        optimizer=keras.optimizers.Adam(**(optimizer or {})),
        loss=keras.losses.SparseCategoricalCrossentropy(**{"from_logits": True, **(loss or {})}),
    )
    return model


def _residual(add: bool = True, again: bool = False) -> keras.Model:
    inputs = keras.Input((8,))
    x = keras.layers.Dense(8, activation="relu", name="up")(inputs)
    first = keras.layers.Dense(8, activation="relu", name="inner_1")
    second = first if again else keras.layers.Dense(8, activation="relu", name="inner_2")
    y = second(first(x))
    if add:
        y = keras.layers.Add(name="add")([x, y])
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(y))


class Residual(keras.Model):
    """A residual network with a choice of mistakes."""

    def __init__(self, add: bool = True, again: bool = False, factor: float = 1.0, stop: bool = False):
        super().__init__()
        self.up = keras.layers.Dense(8, activation="relu", name="up")
        self.inner_1 = keras.layers.Dense(8, activation="relu", name="inner_1")
        self.inner_2 = self.inner_1 if again else keras.layers.Dense(8, activation="relu", name="inner_2")
        self.out = keras.layers.Dense(3, name="out")
        self.add = add
        self.factor = factor
        self.stop = stop

    def call(self, inputs):
        x = self.up(inputs)
        y = self.inner_2(self.inner_1(x))
        if self.stop:
            x = keras.ops.stop_gradient(x)
        y = y * self.factor
        return self.out(x + y if self.add else y)


def _between(layer: Callable[[], Callable[[Any], Any]]) -> keras.Model:
    """A model with a layer or function between two dense layers."""
    inputs = keras.Input((8,))
    x = keras.layers.Dense(8, name="before")(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, name="after")(layer()(x)))


def _leaky(slope: float) -> keras.Model:
    return _between(lambda: lambda x: keras.ops.leaky_relu(x, slope))


class Rounding(keras.layers.Layer):
    """Rounds, optionally with a straight-through gradient."""

    def __init__(self, straight_through: bool, **options: Any):
        super().__init__(**options)
        self.straight_through = straight_through

    def call(self, x):
        rounded = keras.ops.round(x)
        return x + keras.ops.stop_gradient(rounded - x) if self.straight_through else rounded


class Gate(keras.layers.Layer):
    """Adds a branch times a weight that starts at zero, so that the branch has no effect in a new model."""

    def __init__(self, activation: str, **options: Any):
        super().__init__(**options)
        self.branch = keras.layers.Dense(8, activation=activation, name="branch")

    def build(self, shape):
        self.branch.build(shape)
        self.gamma = self.add_weight(name="gamma", shape=(1,), initializer="zeros")

    def call(self, x):
        return x + self.gamma * self.branch(x)


def _gated(activation: str) -> keras.Model:
    inputs = keras.Input((8,))
    x = Gate(activation, name="gate")(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


class Penalized(keras.Model):
    """Adds a loss on the hidden layer's output, unless the penalty is zero."""

    def __init__(self, penalty: float):
        super().__init__()
        self.hidden = keras.layers.Dense(8, activation="relu", name="hidden")
        self.out = keras.layers.Dense(3, name="out")
        self.penalty = penalty

    def call(self, inputs):
        x = self.hidden(inputs)
        if self.penalty:
            self.add_loss(self.penalty * keras.ops.mean(keras.ops.square(x)))
        return self.out(x)


def _penalized() -> keras.Model:
    model = Penalized(0.01)
    model(keras.ops.zeros((1, 8)))
    return model


PAIRS = [
    _different(
        "hidden_tanh_for_relu",
        first=_functional,
        second=partial(Subclass, hidden={"activation": "tanh"}),
        change="The class has tanh after the hidden layer, where the functional model has ReLU.",
        culprit=("hidden",),
        family="activation",
    ),
    _different(
        "dropout_rate_in_sequential",
        first=_functional,
        second=partial(_sequential, drop={"rate": 0.25}),
        change="Dropout drops a quarter instead of a fifth.",
        culprit=("drop",),
        family="random",
    ),
    _different(
        "norm_epsilon_of_another_framework",
        first=partial(Subclass, norm={"epsilon": 1e-5}),
        second=_functional,
        change="The class has the epsilon of PyTorch in its batch normalization.",
        culprit=("norm",),
        family="configuration",
    ),
    _different(
        "norm_momentum",
        first=_functional,
        second=partial(_functional, norm={"momentum": 0.9}),
        change="The moving statistics forget faster, which shows only after training.",
        culprit=("norm", "norm/moving_mean", "norm/moving_variance"),
        family="state",
    ),
    _different(
        "kernel_penalty_ten_times",
        first=partial(_functional, middle={"kernel_regularizer": keras.regularizers.L2(1e-4)}),
        second=partial(Subclass, middle={"kernel_regularizer": keras.regularizers.L2(1e-3)}),
        change="The L2 penalty of the middle layer is ten times as strong.",
        culprit=("middle", "middle/kernel"),
        family="regularizer",
    ),
    _different(
        "penalty_of_kernel_on_bias",
        first=partial(_functional, middle={"kernel_regularizer": "l2"}),
        second=partial(_functional, middle={"bias_regularizer": "l2"}),
        change="The L2 penalty is on the bias instead of the kernel, which a new model with its zero bias hides.",
        culprit=("middle", "middle/kernel", "middle/bias"),
        family="regularizer",
    ),
    _different(
        "kernel_constraint_missing",
        first=partial(_functional, hidden={"kernel_constraint": keras.constraints.MaxNorm(2.0)}),
        second=_sequential,
        change="The kernel of the hidden layer is no longer held to a norm of 2.",
        culprit=("hidden", "hidden/kernel"),
        family="constraint",
    ),
    _different(
        "he_for_glorot",
        first=_functional,
        second=partial(Subclass, hidden={"kernel_initializer": "he_normal"}),
        change="The kernel of the hidden layer starts from another distribution.",
        culprit=("hidden", "hidden/kernel"),
        family="initializer",
    ),
    _different(
        "hidden_frozen",
        first=_functional,
        second=_frozen_afterwards,
        change="The hidden layer is frozen after the model was made.",
        culprit=("hidden", "hidden/kernel", "hidden/bias"),
        family="trainable",
    ),
    _different(
        "norm_after_dropout",
        first=_functional,
        second=NormBeforeMiddle,
        change="The class normalizes after dropout, not before it, which shows only in training.",
        culprit=("norm", "drop"),
        family="order",
    ),
    _different(
        "hidden_and_middle_swapped",
        first=_functional,
        second=MiddleFirst,
        change="The class calls its two dense layers, of one size but of other activations, in the other order.",
        culprit=("hidden", "middle"),
        family="order",
    ),
    _different(
        "dropout_made_but_not_called",
        first=_functional,
        second=NoDropout,
        change="The class makes its dropout layer and forgets to call it.",
        culprit=("drop",),
        family="missing",
    ),
    _different(
        "norm_always_in_inference",
        first=_sequential,
        second=NormInInference,
        change="The class calls batch normalization with training=False, whatever it is called with itself.",
        culprit=("norm",),
        family="state",
    ),
    _different(
        "dropout_always_on",
        first=_functional,
        second=DropoutAlwaysOn,
        change="The class drops at inference too.",
        culprit=("drop",),
        family="random",
    ),
    _different(
        "no_bias_in_output",
        first=_sequential,
        second=partial(Subclass, out={"use_bias": False}),
        change="The last layer has no bias.",
        culprit=("out", "out/bias"),
        family="configuration",
    ),
    _different(
        "learning_rate",
        first=_compiled,
        second=partial(_compiled, build=Subclass, optimizer={"learning_rate": 0.01}),
        change="Adam has ten times its learning rate.",
        culprit=("optimizer",),
        family="compile",
    ),
    _different(
        "loss_takes_logits_for_probabilities",
        first=_compiled,
        second=partial(_compiled, loss={"from_logits": False}),
        change="The loss takes the outputs for probabilities, though they are logits.",
        culprit=("loss",),
        family="compile",
    ),
    _different(
        "residual_connection_missing",
        first=_residual,
        second=partial(Residual, add=False),
        change="The class does not add the input of the block to its output.",
        culprit=("add", "inner_2", "out", "up"),
        family="missing",
    ),
    _different(
        "one_layer_used_twice",
        first=_residual,
        second=partial(Residual, again=True),
        change="The class calls the first inner layer twice, so the weights of the two are tied.",
        culprit=("inner_1", "inner_2", "inner_2/kernel", "inner_2/bias"),
        family="sharing",
    ),
    _different(
        "branch_halved",
        first=_residual,
        second=partial(Residual, factor=0.5),
        change="The class halves the branch before it adds it.",
        culprit=("inner_2", "add", "out", "up"),
        family="operation",
    ),
    _different(
        "skip_without_gradient",
        first=_residual,
        second=partial(Residual, stop=True),
        change="No gradient flows through the skip connection; outputs are equal.",
        culprit=("up", "add", "inner_2", "out"),
        family="gradient",
    ),
    _different(
        "relu_capped_far_out",
        first=partial(_between, partial(keras.layers.ReLU, name="rectify")),
        second=partial(_between, partial(keras.layers.ReLU, max_value=100.0, name="rectify")),
        change="ReLU has a ceiling of 100, which only large inputs reach.",
        culprit=("rectify",),
        family="activation",
    ),
    _different(
        "slope_of_leaky_relu",
        first=partial(_leaky, 0.2),
        second=partial(_leaky, 0.3),
        change="What is negative is multiplied by 0.3 instead of 0.2, in an operation between two layers.",
        culprit=("before", "after"),
        family="operation",
    ),
    _different(
        "softmax_over_the_batch",
        first=partial(_between, partial(keras.layers.Softmax, name="attend")),
        second=partial(_between, partial(keras.layers.Softmax, axis=0, name="attend")),
        change="Softmax is taken over the samples of the batch, not over the features.",
        culprit=("attend",),
        family="axis",
    ),
    _different(
        "straight_through_missing",
        first=partial(_between, partial(Rounding, True, name="round")),
        second=partial(_between, partial(Rounding, False, name="round")),
        change="The layer that rounds no longer passes the gradient through; outputs are equal.",
        culprit=("round",),
        family="gradient",
    ),
    _different(
        "branch_behind_a_zero",
        first=partial(_gated, "relu"),
        second=partial(_gated, "tanh"),
        change="A branch has tanh for ReLU, behind a factor that starts at zero.",
        culprit=("gate", "branch"),
        family="activation",
    ),
    _different(
        "inner_loss_missing",
        first=_penalized,
        second=partial(Penalized, 0.0),
        change="The second class does not add its loss on the hidden features.",
        culprit=("hidden", "loss", "out"),
        family="missing",
    ),
]
