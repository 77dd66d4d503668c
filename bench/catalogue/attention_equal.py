"""Pairs of attention networks that are one network, written in two ways."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_equal = partial(Pair, kind="attention", one_network=True)


def _split(x: Any) -> Any:
    return keras.ops.transpose(keras.ops.reshape(x, (-1, 6, 2, 4)), (0, 2, 1, 3))


def _heads_by_reshape(backwards: bool = False) -> keras.Model:
    inputs = keras.Input((6, 8))
    if backwards:
        value, key, query = (keras.layers.Dense(8) for _ in range(3))
        v, k, q = value(inputs), key(inputs), query(inputs)
    else:
        query, key, value = (keras.layers.Dense(8, name=name) for name in ("query", "key", "value"))
        q, k, v = query(inputs), key(inputs), value(inputs)
    q, k, v = _split(q), _split(k), _split(v)
    scores = keras.ops.matmul(q, keras.ops.swapaxes(k, 2, 3)) / math.sqrt(4)
    x = keras.ops.matmul(keras.ops.softmax(scores), v)
    x = keras.ops.reshape(keras.ops.transpose(x, (0, 2, 1, 3)), (-1, 6, 8))
    return keras.Model(inputs, keras.layers.Dense(8)(x))


class HeadsInALoop(keras.Model):
    """One head after the other, each a slice; makes the output layer first."""

    def __init__(self):
        super().__init__()
        self.w_o = keras.layers.Dense(8)
        self.w = {name: keras.layers.Dense(8) for name in "vqk"}

    def call(self, x):
        q, k, v = (self.w[name](x) for name in "qkv")
        heads = []
        for start in (0, 4):
            part = slice(start, start + 4)
            scores = keras.ops.einsum("bqd,bkd->bqk", q[..., part] * 0.5, k[..., part])
            heads.append(keras.ops.einsum("bqk,bkd->bqd", keras.ops.softmax(scores, axis=-1), v[..., part]))
        return self.w_o(keras.ops.concatenate(heads, axis=-1))


class HeadsByKeras(keras.Model):
    """The same with Keras's own operation."""

    def __init__(self):
        super().__init__()
        self.c, self.a, self.d, self.b = (keras.layers.Dense(8, name=name) for name in "cadb")

    def call(self, x):
        q, k, v = (keras.ops.reshape(layer(x), (-1, 6, 2, 4)) for layer in (self.d, self.c, self.b))
        return self.a(keras.ops.reshape(keras.ops.dot_product_attention(q, k, v), (-1, 6, 8)))


class OwnAttention(keras.layers.Layer):
    """Multi-head attention, with weights in the shapes that Keras uses."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.o = keras.layers.EinsumDense("abcd,cde->abe", (None, 8), bias_axes="e")
        inward = partial(keras.layers.EinsumDense, "abc,cde->abde", (None, 2, 4), bias_axes="de")
        self.v, self.k, self.q = inward(), inward(), inward()

    def build(self, shape):
        for layer in (self.q, self.k, self.v):
            layer.build(shape)
        self.o.build((*shape[:2], 2, 4))

    def call(self, x, y):
        scores = keras.ops.exp(keras.ops.einsum("bqhk,bshk->bhqs", self.q(x), self.k(y)) / 2.0)
        weights = scores / keras.ops.sum(scores, axis=-1, keepdims=True)
        return self.o(keras.ops.einsum("bhqs,bshk->bqhk", weights, self.v(y)))


class OwnNormalization(keras.layers.Layer):
    """Layer normalization, written by hand."""

    def __init__(self, epsilon: float, **options: Any):
        super().__init__(**options)
        self.epsilon = epsilon

    def build(self, shape):
        self.beta = self.add_weight(name="b", shape=(shape[-1],), initializer="zeros")
        self.gamma = self.add_weight(name="g", shape=(shape[-1],), initializer="ones")

    def call(self, x):
        mean, variance = keras.ops.moments(x, axes=[-1], keepdims=True)
        return self.gamma * (x - mean) * keras.ops.rsqrt(variance + self.epsilon) + self.beta


def _cross(own: bool) -> keras.Model:
    inputs = keras.Input((6, 8))
    first, second = inputs[:, :2], inputs[:, 2:]
    layers = [OwnAttention(), OwnAttention()] if own else [keras.layers.MultiHeadAttention(2, 4) for _ in range(2)]
    x = layers[own](first, second)
    x = x + layers[not own](x, x)
    return keras.Model(inputs, x)


def _encoder() -> keras.Model:
    inputs = keras.Input((6, 8))
    x = keras.layers.Dropout(0.1)(inputs)
    for block in range(2):
        y = keras.layers.LayerNormalization(epsilon=1e-6, name=f"block{block}_norm1")(x)
        y = keras.layers.MultiHeadAttention(2, 4, name=f"block{block}_attention")(y, y)
        x = keras.layers.Add()([x, keras.layers.Dropout(0.1)(y)])
        y = keras.layers.LayerNormalization(epsilon=1e-6, name=f"block{block}_norm2")(x)
        y = keras.layers.Dense(8, activation="gelu", name=f"block{block}_up")(y)
        y = keras.layers.Dense(8, name=f"block{block}_down")(y)
        x = keras.layers.Add()([x, keras.layers.Dropout(0.1)(y)])
    x = keras.layers.LayerNormalization(epsilon=1e-6)(x)
    return keras.Model(inputs, keras.layers.Dense(3)(keras.layers.GlobalAveragePooling1D()(x)))


class Block(keras.layers.Layer):
    """An encoder block, with built-in or hand-written layers, made in reverse order."""

    def __init__(self, own: bool, **options: Any):
        super().__init__(**options)
        self.own = own
        self.drops = [keras.layers.Dropout(0.1), keras.layers.Dropout(0.1)]
        self.norms = [OwnNormalization(1e-6) if own else keras.layers.LayerNormalization(epsilon=1e-6) for _ in "ab"]
        self.feed = keras.Sequential([keras.layers.Dense(8, activation="gelu"), keras.layers.Dense(8)])
        self.attention = OwnAttention() if own else keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)

    def build(self, shape):
        for layer in [*self.norms, self.feed]:
            layer.build(shape)
        if self.own:
            self.attention.build(shape)
        else:
            self.attention.build(shape, shape)

    def call(self, x, training=None):
        y = self.norms[1](x)
        x = x + self.drops[1](self.attention(y, y), training=training)
        return self.drops[0](self.feed(self.norms[0](x)), training=training) + x


class Encoder(keras.Model):
    """The encoder as a class of blocks."""

    def __init__(self, own: bool):
        super().__init__()
        self.head = keras.layers.Dense(3, name="logits")
        self.final = keras.layers.LayerNormalization(epsilon=1e-6)
        self.later, self.sooner = Block(own), Block(own)
        self.drop = keras.layers.Dropout(0.1)

    def call(self, x, training=None):
        x = self.sooner(self.drop(x, training=training), training=training)
        x = self.final(self.later(x, training=training))
        return self.head(keras.ops.mean(x, axis=1))


def _encoder_in_models() -> keras.Model:
    """The encoder as functional models in a functional model."""

    def block() -> keras.Model:
        inputs = keras.Input((None, 8))
        y = keras.layers.LayerNormalization(epsilon=1e-6)(inputs)
        y = keras.layers.MultiHeadAttention(2, 4)(query=y, value=y, key=y)
        middle = keras.layers.add([keras.layers.Dropout(0.1)(y), inputs])
        y = keras.layers.LayerNormalization(epsilon=1e-6)(middle)
        y = keras.activations.gelu(keras.layers.Dense(8)(y))
        return keras.Model(inputs, middle + keras.layers.Dropout(0.1)(keras.layers.Dense(8)(y)))

    inputs = keras.Input((6, 8))
    body = keras.Sequential([keras.layers.Dropout(0.1), block(), block()])
    x = keras.layers.LayerNormalization(epsilon=1e-6)(body(inputs))
    x = keras.ops.sum(x, axis=1) / 6
    return keras.Model(inputs, keras.layers.Dense(3)(x))


def _causal(way: str) -> keras.Model:
    inputs = keras.Input((6, 8))
    attention = keras.layers.MultiHeadAttention(2, 4, name=way.replace(" ", "_"))
    if way == "argument":
        x = attention(inputs, inputs, use_causal_mask=True)
    else:
        mask = keras.ops.tril(keras.ops.ones((6, 6), dtype="bool"))
        x = attention(inputs, inputs, attention_mask=mask[None])
    return keras.Model(inputs, x)


class Positions(keras.layers.Layer):
    """A learned table of positions."""

    def build(self, shape):
        self.table = self.add_weight(name="table", shape=(10, 8), initializer="uniform")

    def call(self, x):
        return x + self.table


def _reader(learned: str) -> keras.Model:
    inputs = keras.Input((10,), dtype="int32")
    x = keras.layers.Embedding(10, 8)(inputs)
    positions = keras.ops.cumsum(keras.ops.ones_like(inputs), axis=1) - 1
    x = Positions()(x) if learned == "by a layer" else x + keras.layers.Embedding(10, 8)(positions)
    x = keras.layers.Attention(use_scale=False)([x, x])
    return keras.Model(inputs, keras.layers.Dense(3)(x))


def _reader_by_descent() -> keras.Model:
    """Train by plain SGD: in Keras 3, Adam's update of a table's row depends on how often it is looked up."""
    model = _reader("by an embedding")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model


class Reader(keras.Model):
    """A class with the embeddings of positions and of tokens in one list."""

    def __init__(self):
        super().__init__()
        self.tables = [keras.layers.Embedding(10, 8), keras.layers.Embedding(10, 8)]
        self.out = keras.layers.Dense(3)

    def call(self, tokens):
        x = self.tables[0](keras.ops.arange(10)) + self.tables[1](tokens)
        scores = keras.ops.matmul(x, keras.ops.transpose(x, (0, 2, 1)))
        return self.out(keras.ops.matmul(keras.ops.softmax(scores), x))


def _waves(by_numbers: bool) -> keras.Model:
    inputs = keras.Input((6, 8))
    if by_numbers:
        table = [
            [math.sin(s / 100 ** (i / 4)) for i in range(4)] + [math.cos(s / 100 ** (i / 4)) for i in range(4)]
            for s in range(6)
        ]
        x = inputs + keras.ops.convert_to_tensor(table, dtype="float32")
    else:
        angle = keras.ops.arange(6, dtype="float32")[:, None] / 100 ** (keras.ops.arange(4, dtype="float32") / 4)
        x = keras.ops.concatenate([keras.ops.sin(angle), keras.ops.cos(angle)], axis=-1) + inputs
    query, key = keras.layers.Dense(8, use_bias=False), keras.layers.Dense(8, use_bias=False)
    if by_numbers:
        x = keras.layers.AdditiveAttention(use_scale=False)([query(x), x, key(x)])
    else:
        k, q = key(x), query(x)
        scores = keras.ops.sum(keras.ops.tanh(q[:, :, None] + k[:, None]), axis=-1)
        x = keras.ops.einsum("bqk,bkd->bqd", keras.ops.softmax(scores), x)
    return keras.Model(inputs, x)


def _perceptron(layers: bool) -> keras.Model:
    """A mixer over positions, then a gated unit."""
    inputs = keras.Input((6, 8))
    mix = keras.layers.Dense(6)
    up, gate = keras.layers.Dense(8, name="w1" if layers else "w3"), keras.layers.Dense(8, name="w2")
    if layers:
        x = keras.layers.Permute((2, 1))(mix(keras.layers.Permute((2, 1))(inputs)))
        x = keras.layers.Multiply()([keras.layers.Activation("silu")(gate(x)), up(x)])
    else:
        x = keras.ops.swapaxes(mix(keras.ops.swapaxes(inputs, 1, 2)), 1, 2)
        x, y = up(x), gate(x)
        x = x * y / (1.0 + keras.ops.exp(-y))
    return keras.Model(inputs, x)


def _albert(loop: bool) -> keras.Model:
    """Three blocks that share their weights."""
    inputs = x = keras.Input((6, 8))
    block = Block(own=False, name="block")
    if loop:
        for _ in range(3):
            x = block(x)
    else:
        x = keras.Sequential([block])(block(block(x)))
    return keras.Model(inputs, x)


PAIRS = [
    _equal(
        "value_first",
        first=_heads_by_reshape,
        second=partial(_heads_by_reshape, backwards=True),
        change="Value, key and query are made and called in the other order, without names.",
        family="reordered",
    ),
    _equal(
        "head_after_head",
        first=_heads_by_reshape,
        second=HeadsInALoop,
        change="Heads are computed one after the other, from slices, the query scaled instead of the scores.",
        family="loop",
    ),
    _equal(
        "attention_of_keras",
        first=_heads_by_reshape,
        second=HeadsByKeras,
        change="Attention by hand becomes the operation of Keras, between layers with names of another order.",
        family="operations",
    ),
    _equal(
        "own_layer_for_two",
        first=partial(_cross, own=False),
        second=partial(_cross, own=True),
        change="Two layers of attention are written by hand, the one that is called last made first.",
        family="custom layer",
    ),
    _equal(
        "encoder_of_blocks",
        first=_encoder,
        second=partial(Encoder, own=False),
        change="A loop becomes a class of blocks, with all layers made backwards.",
        family="class",
    ),
    _equal(
        "encoder_by_hand",
        first=_encoder,
        second=partial(Encoder, own=True),
        change="Attention and normalization in the blocks of a class are written by hand.",
        family="custom layer",
    ),
    _equal(
        "encoder_of_models",
        first=_encoder,
        second=_encoder_in_models,
        change="Each block becomes a functional model, in a Sequential.",
        family="nested",
    ),
    _equal(
        "models_or_blocks",
        first=_encoder_in_models,
        second=partial(Encoder, own=True),
        change="Functional models inside one another become a class of layers written by hand.",
        family="class",
    ),
    _equal(
        "causal_by_mask",
        first=partial(_causal, "argument"),
        second=partial(_causal, "by mask"),
        change="The causal mask is handed in, not asked for.",
        family="operations",
    ),
    _equal(
        "positions_first",
        first=_reader_by_descent,
        second=Reader,
        change="A class makes the table of positions before that of tokens, and attends by operations.",
        family="class",
    ),
    _equal(
        "waves_as_numbers",
        first=partial(_waves, by_numbers=True),
        second=partial(_waves, by_numbers=False),
        change="Positions computed in Python become operations, as does the attention layer; key comes before query.",
        family="operations",
    ),
    _equal(
        "gated_unit",
        first=partial(_perceptron, layers=True),
        second=partial(_perceptron, layers=False),
        change="Turns, gate and silu are written as operations, the gate called last.",
        family="reordered",
    ),
    _equal(
        "shared_block",
        first=partial(_albert, loop=True),
        second=partial(_albert, loop=False),
        change="A loop over one block is written out, with the last call in a Sequential.",
        family="shared",
    ),
]
