"""Pairs of networks of dense layers that are one network, written in two ways."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_equal = partial(Pair, kind="dense", one_network=True)


class Affine(keras.layers.Layer):
    """A dense layer, written by hand."""

    def __init__(self, units: int, **options: Any):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        self.offset = self.add_weight(name="offset", shape=(self.units,), initializer="zeros")
        self.matrix = self.add_weight(name="matrix", shape=(shape[-1], self.units), initializer="glorot_uniform")

    def call(self, x):
        return keras.ops.matmul(x, self.matrix) + self.offset


class Normalize(keras.layers.Layer):
    """Layer normalization, written by hand."""

    def build(self, shape):
        self.scale = self.add_weight(name="scale", shape=(shape[-1],), initializer="ones")
        self.shift = self.add_weight(name="shift", shape=(shape[-1],), initializer="zeros")

    def call(self, x):
        mean = keras.ops.mean(x, axis=-1, keepdims=True)
        variance = keras.ops.mean(keras.ops.square(x - mean), axis=-1, keepdims=True)
        return (x - mean) / keras.ops.sqrt(variance + 1e-3) * self.scale + self.shift


def _plain_sequential() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def _plain_functional() -> keras.Model:
    last = keras.layers.Dense(3, name="a")
    third = keras.layers.Dense(8, name="b")
    second = keras.layers.Dense(8, name="c")
    first = keras.layers.Dense(8, name="d")
    inputs = keras.Input((8,))
    x = keras.layers.Activation("relu")(second(keras.layers.ReLU()(first(inputs))))
    return keras.Model(inputs, keras.layers.Softmax()(last(keras.layers.Activation("tanh")(third(x)))))


class PlainClass(keras.Model):
    """Layers in a list, the last first; activations from keras.ops."""

    def __init__(self):
        super().__init__()
        self.stack = [keras.layers.Dense(units) for units in (3, 8, 8, 8)]

    def call(self, x):
        activations = [keras.ops.softmax, keras.ops.tanh, keras.ops.relu, keras.ops.relu]
        for layer, activation in zip(reversed(self.stack), reversed(activations), strict=True):
            x = activation(layer(x))
        return x


class AffineClass(keras.Model):
    """The same with dense layers written by hand, and with unused attributes."""

    def __init__(self):
        super().__init__()
        self.sizes = {"hidden": 8, "out": 3}
        self.table = [1, 2, 3]
        self.classifier = Affine(3, name="dense")
        self.blocks = [Affine(8) for _ in range(3)]

    def call(self, x):
        x = keras.ops.relu(self.blocks[2](x))
        x = keras.ops.maximum(self.blocks[0](x), 0.0)
        return keras.ops.softmax(self.classifier(keras.ops.tanh(self.blocks[1](x))), axis=-1)


def _cloned() -> keras.Model:
    return keras.models.clone_model(_plain_sequential())


def _from_config() -> keras.Model:
    model = _plain_functional()
    return keras.Model.from_config(model.get_config())


def _nested_sequentials() -> keras.Model:
    body = keras.Sequential([keras.layers.Dense(8, "relu"), keras.layers.Dense(8, "relu")])
    head = keras.Sequential([keras.layers.Dense(8, "tanh"), keras.Sequential([keras.layers.Dense(3)])])
    inputs = keras.Input((8,))
    return keras.Model(inputs, keras.layers.Activation("softmax")(head(body(inputs))))


def _regular_functional() -> keras.Model:
    inputs = keras.Input((8,))
    x = keras.layers.Rescaling(1 / 4, offset=-1.0)(inputs)
    for _ in range(2):
        x = keras.layers.Dense(8, activation="gelu", kernel_initializer="he_normal")(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Dropout(0.3)(x)
    return keras.Model(inputs, keras.layers.Dense(3, activation="sigmoid")(x))


class RegularClass(keras.Model):
    """Makes layers of the same class together, the later ones first."""

    def __init__(self):
        super().__init__()
        self.late_norm, self.early_norm = keras.layers.BatchNormalization(), keras.layers.BatchNormalization()
        self.late_drop, self.early_drop = keras.layers.Dropout(0.3), keras.layers.Dropout(0.3)
        self.out = keras.layers.Dense(3)
        self.late = keras.layers.Dense(8, kernel_initializer=keras.initializers.HeNormal())
        self.early = keras.layers.Dense(8, kernel_initializer=keras.initializers.HeNormal())

    def call(self, inputs, training=None):
        x = keras.activations.gelu(self.early(inputs / 4 - 1.0))
        x = self.early_drop(self.early_norm(x, training=training), training=training)
        x = keras.activations.gelu(self.late(x))
        x = self.late_drop(self.late_norm(x, training=training), training=training)
        return keras.ops.sigmoid(self.out(x))


def _branches_joined(backwards: bool) -> keras.Model:
    inputs = keras.Input((8,))
    if backwards:
        right = keras.layers.Dense(8, activation="tanh")(inputs)
        left = keras.layers.Dense(8, activation="relu")(inputs)
        joined = keras.ops.concatenate([left, right], axis=1)
    else:
        left = keras.layers.Dense(8, activation="relu")(inputs)
        right = keras.layers.Dense(8, activation="tanh")(inputs)
        joined = keras.layers.Concatenate()([left, right])
    return keras.Model(inputs, keras.layers.Dense(3)(joined))


def _residual_layers() -> keras.Model:
    inputs = keras.Input((8,))
    x = keras.layers.LayerNormalization(name="norm_in")(inputs)
    for number in range(3):
        y = keras.layers.Dense(8, activation="silu", name=f"inner_{number}")(x)
        x = keras.layers.LayerNormalization(name=f"norm_{number}")(keras.layers.Add(name=f"add_{number}")([x, y]))
    return keras.Model(inputs, keras.layers.Dense(2, name="out")(x))


class ResidualClass(keras.Model):
    """The same with normalization, addition and activation by hand."""

    def __init__(self):
        super().__init__()
        self.out = Affine(2)
        self.inner = [Affine(8) for _ in range(3)]
        self.norms = [Normalize() for _ in range(4)]

    def call(self, inputs):
        x = self.norms[3](inputs)
        for inner, norm in zip(self.inner, self.norms, strict=False):
            y = inner(x)
            x = norm(x + y * keras.ops.sigmoid(y))
        return self.out(x)


def _shared_loop() -> keras.Model:
    inputs = x = keras.Input((8,))
    step = keras.layers.Dense(8, activation="tanh")
    for _ in range(3):
        x = step(x)
    return keras.Model(inputs, keras.layers.Dense(3)(x))


class SharedClass(keras.Model):
    """Three steps, written out; one layer, which has two attribute names, takes them all."""

    def __init__(self):
        super().__init__()
        self.last = keras.layers.Dense(3)
        self.step = keras.layers.Dense(8)
        self.same_step = self.step

    def call(self, inputs):
        x = keras.ops.tanh(self.step(inputs))
        x = keras.ops.tanh(self.same_step(x))
        return self.last(keras.ops.tanh(self.step(x)))


def _penalized_functional() -> keras.Model:
    inputs = keras.Input((8,))
    x = keras.layers.Dense(8, kernel_regularizer=keras.regularizers.L2(0.01), activity_regularizer="l1")(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, bias_constraint="non_neg")(x))


class PenalizedClass(keras.Model):
    """Regularizers and constraints, given by their short names or as objects."""

    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(3, bias_constraint=keras.constraints.NonNeg())
        self.hidden = keras.layers.Dense(8, kernel_regularizer="l2", activity_regularizer=keras.regularizers.L1())

    def call(self, inputs):
        return self.out(self.hidden(inputs))


def _compiled_by_names() -> keras.Model:
    model = _plain_sequential()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def _compiled_by_objects() -> keras.Model:
    model = PlainClass()
    optimizer = keras.optimizers.Adam(learning_rate=0.001, beta_1=0.9)
    model.compile(optimizer=optimizer, loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False))
    return model


def _half_frozen() -> keras.Model:
    inputs = keras.Input((8,))
    x = keras.layers.Dense(8, activation="relu", trainable=False)(inputs)
    x = keras.layers.Dense(8, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(8, activation="relu", trainable=False)(x))


def _frozen_in_a_loop() -> keras.Model:
    inputs = x = keras.Input((8,))
    layers = [keras.layers.Dense(8, name=name) for name in ("z", "y", "x")]
    for layer in layers:
        x = keras.layers.ReLU()(layer(x))
    model = keras.Model(inputs, x)
    for layer in layers[::2]:
        layer.trainable = False
    return model


def _factored(layer: bool) -> keras.Model:
    inputs = keras.Input((8,))
    gate = keras.layers.Dense(8, activation="sigmoid", name="g")
    value = keras.layers.Dense(8, name="v")
    product = keras.layers.Multiply()([gate(inputs), value(inputs)]) if layer else value(inputs) * gate(inputs)
    return keras.Model(inputs, product)


PAIRS = [
    _equal(
        "sequential_or_functional",
        first=_plain_sequential,
        second=_plain_functional,
        change="A Sequential with activations as arguments is written functional, the layers made last to first.",
        family="functional",
    ),
    _equal(
        "sequential_or_class",
        first=_plain_sequential,
        second=PlainClass,
        change="A Sequential becomes a class that loops over a list of layers, the last of which comes first.",
        family="class",
    ),
    _equal(
        "own_dense_layer",
        first=AffineClass,
        second=_plain_functional,
        change="Dense layers become layers of one's own that make the bias first, in a class with unused attributes.",
        family="custom layer",
    ),
    _equal(
        "cloned",
        first=_plain_functional,
        second=_cloned,
        change="A functional model is a clone of a Sequential.",
        family="functional",
    ),
    _equal(
        "from_config",
        first=_from_config,
        second=PlainClass,
        change="A model made from a configuration is written as a class.",
        family="class",
    ),
    _equal(
        "sequentials_in_sequentials",
        first=_nested_sequentials,
        second=_plain_sequential,
        change="A flat Sequential is cut into Sequentials inside each other.",
        family="nested",
    ),
    _equal(
        "regularized_layers_in_another_order",
        first=_regular_functional,
        second=RegularClass,
        change="A loop over layers is written out as a class that makes the late layers first and divides by itself.",
        family="reordered",
    ),
    _equal(
        "branches_called_in_another_order",
        first=partial(_branches_joined, backwards=False),
        second=partial(_branches_joined, backwards=True),
        change="Two branches of one size are called in the other order, and joined in the same order.",
        family="reordered",
    ),
    _equal(
        "normalization_by_hand",
        first=_residual_layers,
        second=ResidualClass,
        change="Normalization, dense layers and silu become code of one's own, all with equal shapes.",
        family="custom layer",
    ),
    _equal(
        "one_layer_three_times",
        first=_shared_loop,
        second=SharedClass,
        change="A loop over one layer is written out in a class where the layer is under two attributes.",
        family="shared",
    ),
    _equal(
        "penalties_by_name",
        first=_penalized_functional,
        second=PenalizedClass,
        change="Regularizers and constraints are given by name in one model and as objects in the other.",
        family="class",
    ),
    _equal(
        "compiled_by_names",
        first=_compiled_by_names,
        second=_compiled_by_objects,
        change="Optimizer and loss are given by name in one model and as objects with their defaults in the other.",
        family="class",
    ),
    _equal(
        "frozen_in_a_loop",
        first=_half_frozen,
        second=_frozen_in_a_loop,
        change="The same two layers are frozen, in one model when they are made, in the other afterwards.",
        family="renamed",
    ),
    _equal(
        "gate_times_value",
        first=partial(_factored, layer=True),
        second=partial(_factored, layer=False),
        change="A product of two layers is written as an operation, the factors in the other order.",
        family="operations",
    ),
]
