"""Pairs of networks with nested blocks that are one network, written in two ways."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_equal = partial(Pair, kind="nested", one_network=True)


def _flat() -> keras.Model:
    """Three residual blocks in one functional model, without names."""
    inputs = x = keras.Input((8,))
    for _ in range(3):
        y = keras.layers.BatchNormalization()(x)
        y = keras.layers.Dense(8, activation="relu", kernel_initializer="he_normal")(y)
        y = keras.layers.Dropout(0.1)(y)
        x = keras.layers.Add()([x, y])
    return keras.Model(inputs, keras.layers.Dense(3, kernel_regularizer="l2")(x))


class Residual(keras.layers.Layer):
    """A wrapper that adds a layer's input to its output."""

    def __init__(self, inner: Any, **options: Any):
        super().__init__(**options)
        self.inner = inner

    def build(self, shape):
        if not self.inner.built:
            self.inner.build(shape)

    def call(self, x, training=None):
        return keras.ops.add(x, self.inner(x, training=training))


def _dense() -> keras.layers.Layer:
    return keras.layers.Dense(8, kernel_initializer="he_normal")


def _inner() -> keras.Sequential:
    return keras.Sequential(
        [keras.layers.BatchNormalization(), _dense(), keras.layers.ReLU(), keras.layers.Dropout(0.1)]
    )


def _wrapped() -> keras.Model:
    """Wrapped Sequentials in a Sequential; all are made beforehand, the last one first."""
    head = keras.layers.Dense(3, kernel_regularizer="l2", name="a_head")
    third, second, first = (Residual(_inner(), name=f"residual_{name}") for name in "abc")
    return keras.Sequential([keras.Input((8,)), first, keras.Sequential([second, third]), head])


class Stage(keras.layers.Layer):
    """A recursive block: it contains the next stage, down to the given depth."""

    def __init__(self, depth: int, **options: Any):
        super().__init__(**options)
        self.rest = Stage(depth - 1) if depth > 1 else None
        self.drop = keras.layers.Dropout(0.1)
        self.dense = _dense()
        self.norm = keras.layers.BatchNormalization()

    def build(self, shape):
        self.norm.build(shape)
        self.dense.build(shape)
        if self.rest is not None:
            self.rest.build(shape)

    def call(self, x, training=None):
        y = keras.activations.relu(self.dense(self.norm(x, training=training)))
        x = self.drop(y, training=training) + x
        return x if self.rest is None else self.rest(x, training=training)


class Recursive(keras.Model):
    """Stages inside stages."""

    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(3, kernel_regularizer=keras.regularizers.L2(0.01))
        self.stage = Stage(3)

    def call(self, x, training=None):
        return self.out(self.stage(x, training=training))


class OfModels(keras.Model):
    """A class that contains a functional model of custom layers, and a Sequential of one layer."""

    def __init__(self):
        super().__init__()
        inputs = keras.Input((8,))
        end, start = Residual(_inner()), Stage(2)
        self.head = keras.Sequential([keras.layers.Dense(3, kernel_regularizer="l2")])
        self.body = keras.Model(inputs, end(start(inputs)))

    def call(self, x, training=None):
        return self.head(self.body(x, training=training))


class Lists(keras.Model):
    """Lists and dictionaries of layers by class; the norms are in reverse order of the blocks."""

    def __init__(self):
        super().__init__()
        self.layer_of = {"norm": [keras.layers.BatchNormalization() for _ in range(3)]}
        self.layer_of["dense"] = [_dense() for _ in range(3)]
        self.drop = [keras.layers.Dropout(0.1) for _ in range(3)]
        self.out = keras.layers.Dense(3, kernel_regularizer="l2")
        self.unused = {"layers": 3, "names": ["x", "y"]}

    def call(self, x, training=None):
        for number in range(3):
            y = self.layer_of["norm"][-1 - number](x, training=training)
            y = keras.ops.relu(self.layer_of["dense"][number](y))
            x = x + self.drop[number - 1](y, training=training)
        return self.out(x)


def _class_in_a_model() -> keras.Model:
    """A functional model around a class."""
    inputs = keras.Input((8,))
    return keras.Model(inputs, Recursive()(inputs))


def _model_on_models() -> keras.Model:
    """A functional model made of the inputs and an inner output of another, with a new head."""
    body = _flat()
    body = keras.Model(body.input, body.layers[-2].output)
    inputs = keras.Input((8,))
    return keras.Model(inputs, keras.layers.Dense(3, kernel_regularizer="l2")(body(inputs)))


def _twice(way: str) -> keras.Model:
    """A model that is called twice, with a normalization after each call."""
    inputs = keras.Input((8,))
    first, second = keras.layers.Dense(8), keras.layers.Dense(8)
    if way == "model":
        block = keras.Sequential([keras.Input((8,)), first, keras.layers.Activation("tanh"), second])
        between = keras.layers.LayerNormalization()
        return keras.Model(inputs, between(block(between(block(inputs)))))
    if way == "layers":
        between = keras.layers.LayerNormalization()
        x = between(first(keras.ops.tanh(second(inputs))))
        return keras.Model(inputs, between(first(keras.ops.tanh(second(x)))))
    step = keras.Sequential([second, keras.layers.Activation(keras.ops.tanh), first])
    model = keras.Sequential([keras.Input((8,)), step, keras.layers.LayerNormalization()])
    return keras.Model(inputs, model(model(inputs)))


def _autoencoder() -> keras.Model:
    inputs = keras.Input((8,))
    encoder = keras.Sequential([keras.layers.Dense(6, "relu"), keras.layers.Dense(6, "relu"), keras.layers.Dense(2)])
    decoder = keras.Sequential([keras.layers.Dense(6, "relu"), keras.layers.Dense(6, "relu"), keras.layers.Dense(8)])
    code = encoder(inputs)
    return keras.Model(inputs, [code, decoder(code)])


class Autoencoder(keras.Model):
    """Encoder and decoder, made by one function, the decoder first."""

    def __init__(self):
        super().__init__()
        self.decoder = self._coder(8)
        self.encoder = self._coder(2)

    @staticmethod
    def _coder(size: int) -> list[keras.layers.Layer]:
        last = keras.layers.Dense(size)
        return [*(keras.layers.Dense(6, activation=keras.ops.relu) for _ in range(2)), last]

    def call(self, x):
        outputs = []
        for coder in (self.encoder, self.decoder):
            for layer in coder:
                x = layer(x)
            outputs.append(x)
        return outputs


def _experts(loop: bool) -> keras.Model:
    """Three experts of the same shape, weighted by a gate."""
    inputs = keras.Input((8,))
    if loop:
        experts = [keras.Sequential([keras.layers.Dense(6, "relu"), keras.layers.Dense(6)]) for _ in range(3)]
        gate = keras.layers.Dense(3, activation="softmax")(inputs)
        made = keras.ops.stack([expert(inputs) for expert in experts], axis=1)
        return keras.Model(inputs, keras.layers.Dot(1)([gate, made]))
    ups, downs = [keras.layers.Dense(6) for _ in range(3)], [keras.layers.Dense(6) for _ in range(3)]
    three, one, two = (down(keras.activations.relu(up(inputs))) for up, down in zip(ups, downs, strict=True))
    gate = keras.layers.Softmax()(keras.layers.Dense(3)(inputs))
    return keras.Model(inputs, one * gate[:, :1] + two * gate[:, 1:2] + gate[:, 2:] * three)


class Experts(keras.Model):
    """The same as a class, with the layers of each expert in a tuple."""

    def __init__(self):
        super().__init__()
        self.gate = keras.layers.Dense(3)
        self.experts = [(keras.layers.Dense(6), keras.layers.Dense(6)) for _ in range(3)]

    def call(self, x):
        weights = keras.ops.unstack(keras.ops.softmax(self.gate(x)), axis=-1)
        total = 0.0
        for weight, (down, up) in zip(weights, reversed(self.experts), strict=True):
            total = total + keras.ops.expand_dims(weight, -1) * down(keras.ops.maximum(up(x), 0.0))
        return total


def _distributed(wrapped: bool) -> keras.Model:
    """Two layers, applied to each row."""
    inputs = keras.Input((4, 6))
    first, second = keras.layers.Dense(6), keras.layers.Dense(6)
    if wrapped:
        block = keras.Sequential([keras.Input((6,)), first, keras.layers.ReLU(), second])
        x = keras.layers.TimeDistributed(block)(inputs)
        return keras.Model(inputs, keras.layers.Reshape((24,))(x))
    rows = [first(keras.layers.ReLU()(second(inputs[:, row]))) for row in range(4)]
    return keras.Model(inputs, keras.layers.Concatenate()(rows))


def _frozen(by_block: bool) -> keras.Model:
    inputs = keras.Input((8,))
    if by_block:
        block = keras.Sequential([keras.layers.Dense(8, "tanh"), keras.layers.BatchNormalization()])
        block.trainable = False
        return keras.Model(inputs, keras.layers.Dense(8)(block(inputs)))
    out, dense = keras.layers.Dense(8), keras.layers.Dense(8, trainable=False)
    x = keras.layers.BatchNormalization(trainable=False)(keras.ops.tanh(dense(inputs)))
    return keras.Model(inputs, out(x))


PAIRS = [
    _equal(
        "wrapped_or_flat",
        first=_flat,
        second=_wrapped,
        change="A flat model becomes Sequentials of wrapped Sequentials, all made last to first.",
        family="nested",
    ),
    _equal(
        "stages_in_stages",
        first=_flat,
        second=Recursive,
        change="A loop becomes a layer that holds the next of its kind.",
        family="class",
    ),
    _equal(
        "class_of_models_of_layers",
        first=_flat,
        second=OfModels,
        change="A flat model becomes a class around a functional model around layers of one's own.",
        family="nested",
    ),
    _equal(
        "lists_against_each_other",
        first=_flat,
        second=Lists,
        change="Layers come by their sort in lists, of which one runs backwards.",
        family="class",
    ),
    _equal(
        "class_in_a_model",
        first=_class_in_a_model,
        second=Lists,
        change="A functional model around a class of stages becomes a class of lists.",
        family="flattened",
    ),
    _equal(
        "new_head",
        first=_model_on_models,
        second=_wrapped,
        change="The body is cut out of another model and called under a new head, or written of wrappers.",
        family="functional",
    ),
    _equal(
        "model_called_twice",
        first=partial(_twice, "model"),
        second=partial(_twice, "layers"),
        change="Calling a model twice becomes calling its layers, made in the other order, twice.",
        family="shared",
    ),
    _equal(
        "model_in_a_model_called_twice",
        first=partial(_twice, "nested"),
        second=partial(_twice, "model"),
        change="What is called twice holds a model, or is a model and a layer called in turn.",
        family="shared",
    ),
    _equal(
        "decoder_first",
        first=_autoencoder,
        second=Autoencoder,
        change="Encoder and decoder, with a square layer each, become lists in a class that makes the decoder first.",
        family="reordered",
    ),
    _equal(
        "experts_written_out",
        first=partial(_experts, loop=True),
        second=partial(_experts, loop=False),
        change="Three equal experts are written out, made in another order, and summed by hand.",
        family="loop",
    ),
    _equal(
        "experts_in_a_class",
        first=partial(_experts, loop=True),
        second=Experts,
        change="Experts become pairs of layers in a class that takes them last to first.",
        family="class",
    ),
    _equal(
        "rows_written_out",
        first=partial(_distributed, wrapped=True),
        second=partial(_distributed, wrapped=False),
        change="A model on each row becomes its two layers called on one row after the other.",
        family="loop",
    ),
    _equal(
        "frozen_as_a_block",
        first=partial(_frozen, by_block=True),
        second=partial(_frozen, by_block=False),
        change="Two layers are frozen one by one instead of as a block.",
        family="flattened",
    ),
]
