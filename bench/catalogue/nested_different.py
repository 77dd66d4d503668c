"""Networks of blocks inside blocks that differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_different = partial(Pair, kind="nested", one_network=False)


class Wrap(keras.layers.Layer):
    """Adds a layer's input to its output, with a choice of mistakes."""

    def __init__(self, inner: keras.layers.Layer, mistake: str = "", **options: Any):
        super().__init__(**options)
        self.inner = inner
        self.mistake = mistake

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x, training=None):
        if self.mistake == "no residual":
            return self.inner(x, training=training)
        if self.mistake == "inference":
            return x + self.inner(x, training=False)
        if self.mistake == "twice":
            return x + self.inner(self.inner(x, training=training), training=training)
        if self.mistake == "no gradient":
            return x + keras.ops.stop_gradient(self.inner(x, training=training))
        if self.mistake == "doubled":
            return x + 2.0 * self.inner(x, training=training)
        return x + self.inner(x, training=training)


def _inner(
    name: str, activation: str = "relu", rate: float = 0.1, momentum: float = 0.99, norm_first: bool = True
) -> keras.Sequential:
    """The layers of a block; their names start with that of the block."""
    norm = keras.layers.BatchNormalization(momentum=momentum, name=f"{name}_norm")
    dense = keras.layers.Dense(8, activation=activation, name=f"{name}_dense")
    drop = keras.layers.Dropout(rate, name=f"{name}_drop")
    return keras.Sequential([norm, dense, drop] if norm_first else [dense, norm, drop], name=f"{name}_inner")


def _flat() -> keras.Model:
    """All blocks in one functional model."""
    inputs = x = keras.Input((8,))
    for name in ("first", "second", "third"):
        y = keras.layers.BatchNormalization(name=f"{name}_norm")(x)
        y = keras.layers.Dense(8, activation="relu", name=f"{name}_dense")(y)
        x = keras.layers.Add(name=f"{name}_add")([x, keras.layers.Dropout(0.1, name=f"{name}_drop")(y)])
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


class Stack(keras.Model):
    """Wrapped blocks in a class; the options are those of the second block."""

    def __init__(self, mistake: str = "", order: tuple[int, ...] = (0, 1, 2), frozen: bool = False, **options: Any):
        super().__init__()
        self.out = keras.layers.Dense(3, name="out")
        self.blocks = [
            Wrap(_inner("first"), name="first"),
            Wrap(_inner("second", **options), mistake, name="second"),
            Wrap(_inner("third"), name="third"),
        ]
        self.blocks[1].inner.trainable = not frozen
        self.order = order

    def call(self, x, training=None):
        for number in self.order:
            x = self.blocks[number](x, training=training)
        return self.out(x)


def _stack_called(**options: Any) -> keras.Model:
    model = Stack(**options)
    model(keras.ops.zeros((1, 8)))
    return model


def _block_model(name: str, activation: str = "tanh", **options: Any) -> keras.Model:
    inputs = keras.Input((8,))
    x = keras.layers.Dense(8, activation=activation, name=f"{name}_up", **options)(inputs)
    return keras.Model(inputs, keras.layers.Dense(8, name=f"{name}_down")(x), name=name)


def _of_models(shared: bool = False, head: str | None = None, **options: Any) -> keras.Model:
    """Functional models in a functional model; the options are those of the inner model."""
    inputs = keras.Input((8,))
    outer, inner = _block_model("outer"), _block_model("inner", **options)
    x = keras.layers.LayerNormalization(name="between")(outer(inputs))
    x = outer(x) if shared else inner(x)
    return keras.Model(inputs, keras.layers.Dense(3, activation=head, name="out")(x))


class AroundModels(keras.Model):
    """A class around functional models."""

    def __init__(
        self, skip: bool = False, late: bool = False, loss: float = 0.0, epsilon: float = 1e-3, **options: Any
    ):
        super().__init__()
        self.out = keras.layers.Dense(3, name="out")
        self.inner = _block_model("inner", **options)
        self.between = keras.layers.LayerNormalization(epsilon=epsilon, name="between")
        self.outer = _block_model("outer")
        self.skip = skip
        self.late = late
        self.loss_weight = loss

    def call(self, inputs):
        x = self.outer(inputs)
        if not self.skip:
            x = self.between(x)
        x = self.inner(x)
        if self.late:
            x = x + inputs
        if self.loss_weight:
            self.add_loss(self.loss_weight * keras.ops.mean(keras.ops.abs(x)))
        return self.out(x)


class Inner(keras.layers.Layer):
    """A layer inside other layers: two dense layers, with a computation of its own between them."""

    def __init__(self, between: Callable[[Any], Any], **options: Any):
        super().__init__(**options)
        self.between = between
        self.up = keras.layers.Dense(8, name="up")
        self.down = keras.layers.Dense(8, name="down")

    def build(self, shape):
        self.up.build(shape)
        self.down.build(shape)

    def call(self, x):
        return self.down(self.between(self.up(x)))


def _deep(between: Callable[[Any], Any]) -> keras.Model:
    """A class in a functional model in a Sequential."""
    inputs = keras.Input((8,))
    middle = keras.Model(inputs, keras.layers.ReLU(name="rectify")(Inner(between, name="deepest")(inputs)))
    return keras.Sequential([keras.Input((8,)), middle, keras.layers.Dense(3, name="out")])


class Counter(keras.layers.Layer):
    """Updates a moving mean in training, and subtracts it."""

    def __init__(self, moves: bool, start: str = "zeros", **options: Any):
        super().__init__(**options)
        self.moves = moves
        self.start = start

    def build(self, shape):
        self.mean = self.add_weight(name="mean", shape=(shape[-1],), initializer=self.start, trainable=False)

    def call(self, x, training=None):
        if training and self.moves:
            self.mean.assign(0.9 * self.mean + 0.1 * keras.ops.mean(x, axis=0))
        return x - self.mean


def _counted(moves: bool = True, start: str = "zeros") -> keras.Model:
    block = keras.Sequential([keras.layers.Dense(8, name="dense"), Counter(moves, start, name="counter")], name="block")
    inputs = keras.Input((8,))
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(block(inputs)))


def _compiled(build: Callable[[], keras.Model], optimizer: dict[str, Any], loss: keras.losses.Loss) -> keras.Model:
    model = build()
    model.compile(optimizer=keras.optimizers.Adam(**optimizer), loss=loss)
    return model


def _each_row(over: str) -> keras.Model:
    """A block that is applied to each row, or to each column."""
    inputs = keras.Input((8, 8))
    block = keras.Sequential([keras.layers.Dense(8, activation="relu", name="dense")], name="block")
    turn = keras.layers.Permute((2, 1), name="turn")
    x = keras.layers.TimeDistributed(block, name="rows")(turn(inputs) if over == "columns" else inputs)
    return keras.Model(inputs, keras.layers.Flatten(name="flat")(turn(x) if over == "columns" else x))


_SECOND = ("second", "second_inner", "second_dense", "second_drop", "second_add")
_BETWEEN = ("deepest", "up", "down")

PAIRS = [
    _different(
        "residual_of_one_block_missing",
        first=_flat,
        second=partial(Stack, "no residual"),
        change="One of three wrapped blocks does not add its input.",
        culprit=_SECOND,
        family="missing",
    ),
    _different(
        "one_block_in_inference",
        first=_flat,
        second=partial(Stack, "inference"),
        change="One wrapper calls its block with training=False.",
        culprit=("second", "second_inner", "second_norm", "second_drop"),
        family="state",
    ),
    _different(
        "one_block_called_twice",
        first=_flat,
        second=partial(Stack, "twice"),
        change="One wrapper calls its block twice.",
        culprit=(*_SECOND, "second_norm"),
        family="extra",
    ),
    _different(
        "one_block_without_gradient",
        first=_flat,
        second=partial(Stack, "no gradient"),
        change="No gradient flows into one block.",
        culprit=(*_SECOND, "second_norm", "second_dense/kernel", "second_dense/bias"),
        family="gradient",
    ),
    _different(
        "one_block_doubled",
        first=_flat,
        second=partial(Stack, "doubled"),
        change="One wrapper adds its block twice over.",
        culprit=_SECOND,
        family="operation",
    ),
    _different(
        "one_block_left_out",
        first=_flat,
        second=partial(Stack, order=(0, 2)),
        change="The class calls the first and the last of its three blocks.",
        culprit=(*_SECOND, "second_norm"),
        family="missing",
    ),
    _different(
        "one_block_repeated",
        first=_flat,
        second=partial(Stack, order=(0, 1, 1)),
        change="The class calls its second block again instead of the third.",
        culprit=("second", "third", "third_inner", "third_dense", "third_norm", "third_drop", "third_add"),
        family="sharing",
    ),
    _different(
        "activation_deep_inside",
        first=_flat,
        second=partial(Stack, activation="elu"),
        change="One of three blocks has ELU for ReLU.",
        culprit=("second_dense",),
        family="activation",
    ),
    _different(
        "rate_deep_inside",
        first=_flat,
        second=partial(Stack, rate=0.15),
        change="One of three blocks drops more.",
        culprit=("second_drop",),
        family="random",
    ),
    _different(
        "momentum_deep_inside",
        first=_flat,
        second=partial(Stack, momentum=0.9),
        change="One of three normalizations forgets faster.",
        culprit=("second_norm", "second_norm/moving_mean", "second_norm/moving_variance"),
        family="state",
    ),
    _different(
        "norm_after_dense_in_one_block",
        first=_flat,
        second=partial(Stack, norm_first=False),
        change="One of three blocks normalizes after its dense layer, of equal width.",
        culprit=("second_norm", "second_dense"),
        family="order",
    ),
    _different(
        "one_block_frozen",
        first=_flat,
        second=partial(Stack, frozen=True),
        change="One of three blocks is frozen as a whole.",
        culprit=("second_inner", "second_norm", "second_dense", "second_dense/kernel", "second_norm/gamma", "second"),
        family="trainable",
    ),
    _different(
        "blocks_in_another_order",
        first=partial(_stack_called, activation="tanh"),
        second=partial(Stack, activation="tanh", order=(1, 0, 2)),
        change="Two blocks, of which one has tanh, are called in the other order.",
        culprit=("first", "second", "first_dense", "second_dense", "first_inner", "second_inner"),
        family="order",
    ),
    _different(
        "inner_model_shared",
        first=_of_models,
        second=partial(_of_models, shared=True),
        change="One inner model is called twice instead of two once.",
        culprit=("outer", "inner", "inner_up", "inner_down"),
        family="sharing",
    ),
    _different(
        "head_activated",
        first=_of_models,
        second=partial(_of_models, head="softmax"),
        change="The head has a softmax.",
        culprit=("out",),
        family="activation",
    ),
    _different(
        "norm_between_models_forgotten",
        first=_of_models,
        second=partial(AroundModels, skip=True),
        change="The class does not call the normalization between its two models.",
        culprit=("between", "between/gamma", "between/beta"),
        family="missing",
    ),
    _different(
        "input_added_late",
        first=_of_models,
        second=partial(AroundModels, late=True),
        change="The class adds its input before the head.",
        culprit=("inner", "inner_down", "out"),
        family="extra",
    ),
    _different(
        "loss_in_the_class",
        first=_of_models,
        second=partial(AroundModels, loss=0.1),
        change="The class adds a loss on what the inner model gives.",
        culprit=("loss", "inner", "inner_down", "out"),
        family="extra",
    ),
    _different(
        "epsilon_between_models",
        first=_of_models,
        second=partial(AroundModels, epsilon=1e-2),
        change="The normalization between two models has a larger epsilon.",
        culprit=("between",),
        family="configuration",
    ),
    _different(
        "penalty_in_the_inner_model",
        first=partial(_of_models, kernel_regularizer=keras.regularizers.L1L2(0.0, 0.02)),
        second=partial(AroundModels, kernel_regularizer=keras.regularizers.L1L2(0.02, 0.0)),
        change="The penalty in the inner model is L1, not L2.",
        culprit=("inner_up", "inner_up/kernel", "inner"),
        family="regularizer",
    ),
    _different(
        "start_of_the_inner_model",
        first=_of_models,
        second=partial(AroundModels, kernel_initializer=keras.initializers.RandomNormal(stddev=0.02)),
        change="A kernel of the inner model starts small.",
        culprit=("inner_up", "inner_up/kernel", "inner"),
        family="initializer",
    ),
    _different(
        "constraint_in_the_inner_model",
        first=partial(_of_models, bias_constraint=keras.constraints.MaxNorm(1.0)),
        second=AroundModels,
        change="A bias of the inner model is no longer held.",
        culprit=("inner_up", "inner_up/bias", "inner"),
        family="constraint",
    ),
    _different(
        "precision_of_the_inner_model",
        first=_of_models,
        second=partial(AroundModels, dtype="mixed_bfloat16"),
        change="A layer of the inner model computes in half precision.",
        culprit=("inner_up", "inner"),
        family="dtype",
    ),
    _different(
        "clipped_in_the_deepest",
        first=partial(_deep, keras.activations.linear),
        second=partial(_deep, lambda x: keras.ops.clip(x, -30.0, 30.0)),
        change="The deepest of the layers clips at 30, far from what small inputs reach.",
        culprit=_BETWEEN,
        family="operation",
    ),
    _different(
        "scaled_in_the_deepest",
        first=partial(_deep, keras.activations.tanh),
        second=partial(_deep, lambda x: 1.7159 * keras.ops.tanh(2 / 3 * x)),
        change="The deepest of the layers has the scaled tanh of an old paper.",
        culprit=_BETWEEN,
        family="activation",
    ),
    _different(
        "gradient_reversed",
        first=partial(_deep, lambda x: 1.0 * x),
        second=partial(_deep, lambda x: keras.ops.stop_gradient(2.0 * x) - x),
        change="The gradient has the other sign below the deepest layer; outputs are equal.",
        culprit=_BETWEEN,
        family="gradient",
    ),
    _different(
        "mean_does_not_move",
        first=_counted,
        second=partial(_counted, moves=False),
        change="A layer of one's own no longer moves its mean in training.",
        culprit=("counter", "counter/mean", "block"),
        family="state",
    ),
    _different(
        "mean_starts_at_one",
        first=_counted,
        second=partial(_counted, start="ones"),
        change="What is not trained starts at one, not at zero.",
        culprit=("counter", "counter/mean", "block"),
        family="initializer",
    ),
    _different(
        "amsgrad",
        first=partial(_compiled, _of_models, {}, keras.losses.Huber()),
        second=partial(_compiled, AroundModels, {"amsgrad": True}, keras.losses.Huber()),
        change="Adam is AMSGrad.",
        culprit=("optimizer",),
        family="compile",
    ),
    _different(
        "width_of_huber",
        first=partial(_compiled, _flat, {}, keras.losses.Huber()),
        second=partial(_compiled, Stack, {}, keras.losses.Huber(delta=2.0)),
        change="The loss is square up to two, not up to one.",
        culprit=("loss",),
        family="compile",
    ),
    _different(
        "columns_for_rows",
        first=partial(_each_row, "rows"),
        second=partial(_each_row, "columns"),
        change="A block is called on the columns of a square, not on its rows.",
        culprit=("turn", "rows", "block", "dense"),
        family="axis",
    ),
]
