"""Pairs of recurrent networks that are one network, written in two ways."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_equal = partial(Pair, kind="recurrent", one_network=True)


def _stack() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(12, 6, mask_zero=True),
            keras.layers.LSTM(6, return_sequences=True),
            keras.layers.Dropout(0.2),
            keras.layers.LSTM(6, return_sequences=True),
            keras.layers.Dropout(0.2),
            keras.layers.LSTM(6),
            keras.layers.Dense(3),
        ]
    )


class StackClass(keras.Model):
    """Computes the mask by hand, and makes its layers last to first."""

    def __init__(self):
        super().__init__()
        self.head = keras.layers.Dense(3)
        self.last = keras.layers.LSTM(6)
        self.drops = [keras.layers.Dropout(0.2) for _ in range(2)]
        self.lstms = [keras.layers.LSTM(6, return_sequences=True) for _ in range(2)]
        self.embed = keras.layers.Embedding(12, 6)

    def call(self, tokens, training=None):
        mask = keras.ops.not_equal(tokens, 0)
        x = self.embed(tokens)
        for lstm, drop in zip(reversed(self.lstms), self.drops, strict=True):
            x = drop(lstm(x, mask=mask, training=training), training=training)
        return self.head(self.last(x, mask=mask, training=training))


def _stack_of_cells() -> keras.Model:
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6, mask_zero=True)(inputs)
    for number, letter in enumerate("zab"):
        x = keras.layers.RNN(keras.layers.LSTMCell(6), return_sequences=number < 2, name=letter)(x)
        x = keras.layers.Dropout(0.2)(x) if number < 2 else x
    return keras.Model(inputs, keras.layers.Dense(3)(x))


def _layers_or_cells(cells: bool) -> keras.Model:
    inputs = keras.Input((7, 4))
    if cells:
        x = keras.layers.RNN([keras.layers.GRUCell(6), keras.layers.GRUCell(6)])(inputs)
    else:
        x = keras.layers.GRU(6)(keras.layers.GRU(6, return_sequences=True)(inputs))
    return keras.Model(inputs, x)


def _both_ways() -> keras.Model:
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6)(inputs)
    x = keras.layers.Bidirectional(keras.layers.GRU(6, return_sequences=True))(x)
    return keras.Model(inputs, keras.layers.TimeDistributed(keras.layers.Dense(3, activation="softmax"))(x))


def _turned_by_hand() -> keras.Model:
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6)(inputs)
    right = keras.layers.GRU(6, return_sequences=True, name="one")(keras.ops.flip(x, axis=1))
    left = keras.layers.GRU(6, return_sequences=True, name="two")(x)
    joined = keras.layers.Concatenate()([left, keras.ops.flip(right, axis=1)])
    return keras.Model(inputs, keras.layers.Softmax()(keras.layers.Dense(3)(joined)))


class BothWaysClass(keras.Model):
    """Two layers in place of a bidirectional one; the backward layer is made first."""

    def __init__(self):
        super().__init__()
        self.back = keras.layers.GRU(6, return_sequences=True, go_backwards=True)
        self.forth = keras.layers.GRU(6, return_sequences=True)
        self.embed = keras.layers.Embedding(12, 6)
        self.score = keras.layers.Dense(3)

    def call(self, tokens):
        x = self.embed(tokens)
        joined = keras.ops.concatenate([self.forth(x), self.back(x)[:, ::-1]], axis=-1)
        return keras.activations.softmax(self.score(joined))


class SimpleCell(keras.layers.Layer):
    """A simple recurrent cell, written by hand."""

    def __init__(self, units: int, **options: Any):
        super().__init__(**options)
        self.state_size = units
        self.output_size = units

    def build(self, shape):
        units = self.state_size
        self.offset = self.add_weight(name="offset", shape=(units,), initializer="zeros")
        self.inner = self.add_weight(name="inner", shape=(units, units), initializer="orthogonal")
        self.outer = self.add_weight(name="outer", shape=(shape[-1], units), initializer="glorot_uniform")

    def call(self, x, states):
        h = keras.ops.matmul(states[0], self.inner) + keras.ops.matmul(x, self.outer) + self.offset
        return keras.ops.tanh(h), [keras.ops.tanh(h)]


def _simple(by_hand: bool) -> keras.Model:
    inputs = keras.Input((7, 5))
    if by_hand:
        x = keras.layers.RNN(SimpleCell(5), return_sequences=True)(inputs)
        x = keras.layers.RNN(SimpleCell(5), return_sequences=True)(x)[:, -1]
    else:
        x = keras.layers.SimpleRNN(5, return_sequences=True)(inputs)
        x = keras.layers.SimpleRNN(5)(x)
    return keras.Model(inputs, keras.layers.Dense(2)(x))


class Unrolled(keras.Model):
    """The steps of two cells in a plain loop."""

    def __init__(self):
        super().__init__()
        self.out = keras.layers.Dense(2)
        self.cells = [SimpleCell(5), keras.layers.SimpleRNNCell(5)]

    def call(self, x):
        h = [keras.ops.zeros_like(x[:, 0]), keras.ops.zeros_like(x[:, 0])]
        for step in range(7):
            h[0], _ = self.cells[0](x[:, step], [h[0]])
            h[1], _ = self.cells[1](h[0], [h[1]])
        return self.out(h[1])


def _translator() -> keras.Model:
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6, name="words")(inputs)
    _, h, c = keras.layers.LSTM(6, return_state=True, name="encoder")(x)
    x = keras.layers.LSTM(6, return_sequences=True, name="decoder")(x, initial_state=[h, c])
    return keras.Model(inputs, keras.layers.Dense(12, name="scores")(x))


class TranslatorClass(keras.Model):
    """Makes the decoder before the encoder, and starts the encoder with states of zero."""

    def __init__(self):
        super().__init__()
        self.scores = keras.layers.TimeDistributed(keras.layers.Dense(12))
        self.decoder = keras.layers.LSTM(6, return_sequences=True, return_state=True)
        self.encoder = keras.layers.LSTM(6, return_sequences=True, return_state=True)
        self.words = keras.layers.Embedding(12, 6)

    def call(self, tokens):
        x = self.words(tokens)
        start = keras.ops.zeros_like(x[:, 0])
        _, *states = self.encoder(x, initial_state=[start, start])
        y, *_ = self.decoder(x, initial_state=states)
        return self.scores(y)


def _average() -> keras.Model:
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6, mask_zero=True)(inputs)
    x = keras.layers.GRU(6, return_sequences=True)(x)
    x = keras.layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, keras.layers.Dense(6)(keras.layers.Dense(6, activation="tanh")(x)))


class AverageClass(keras.Model):
    """Averages over all steps except padding, by hand."""

    def __init__(self):
        super().__init__()
        self.score, self.project = keras.layers.Dense(6), keras.layers.Dense(6)
        self.read = keras.layers.GRU(6, return_sequences=True)
        self.embed = keras.layers.Embedding(12, 6)

    def call(self, tokens):
        mask = keras.ops.not_equal(tokens, 0)
        x = self.read(self.embed(tokens), mask=mask)
        weight = keras.ops.cast(mask, "float32")[..., None]
        x = keras.ops.sum(x * weight, axis=1) / keras.ops.sum(weight, axis=1)
        return self.score(keras.ops.tanh(self.project(x)))


class Lookup(keras.layers.Layer):
    """An embedding, written by hand, which also scores words."""

    def build(self, shape):
        self.table = self.add_weight(name="table", shape=(12, 6), initializer="uniform")

    def call(self, tokens):
        return keras.ops.take(self.table, tokens, axis=0)

    def scores(self, x):
        """Score every word."""
        return keras.ops.einsum("bsd,vd->bsv", x, self.table)


class Tied(keras.Model):
    """A language model with tied embeddings."""

    def __init__(self, own: bool):
        super().__init__()
        self.own = own
        self.words = Lookup() if own else keras.layers.Embedding(12, 6)
        self.read = keras.layers.SimpleRNN(6, return_sequences=True)
        self.read_again = keras.layers.SimpleRNN(6, return_sequences=True)

    def call(self, tokens):
        if self.own:
            return self.words.scores(self.read_again(self.read(self.words(tokens))))
        x = self.read(self.read_again(self.words(tokens)))
        return keras.ops.matmul(x, keras.ops.transpose(self.words.embeddings))


def _tied_called() -> keras.Model:
    model = Tied(own=False)
    model(keras.ops.zeros((2, 5), dtype="int32"))
    return model


def _shared_reader(loop: bool) -> keras.Model:
    inputs = keras.Input((7, 6))
    reader = keras.layers.LSTM(6, return_sequences=True, name="reader" if loop else None)
    if loop:
        x = inputs
        for _ in range(2):
            x = keras.layers.Add()([reader(x), x])
    else:
        x = inputs + reader(inputs)
        x = x + keras.Sequential([reader])(x)
    return keras.Model(inputs, x)


def _drops(cell: bool) -> keras.Model:
    inputs = keras.Input((7, 4))
    if cell:
        x = keras.layers.RNN(keras.layers.LSTMCell(6, dropout=0.2), return_sequences=True, name="last")(inputs)
        x = keras.layers.RNN(keras.layers.LSTMCell(6), name="first")(x)
    else:
        x = keras.layers.LSTM(6, dropout=0.2, return_sequences=True)(inputs)
        x = keras.layers.LSTM(6)(x)
    return keras.Model(inputs, x)


def _masked(layer: bool) -> keras.Model:
    inputs = keras.Input((7, 4))
    if layer:
        x = keras.layers.LSTM(5)(keras.layers.Masking(-1.0)(inputs))
    else:
        mask = keras.ops.any(keras.ops.not_equal(inputs, -1.0), axis=-1)
        x = keras.layers.LSTM(5)(inputs * keras.ops.cast(mask, "float32")[..., None], mask=mask)
    return keras.Model(inputs, x)


def _filters(renamed: bool) -> keras.Model:
    inputs = keras.Input((8, 4))
    x = keras.layers.Conv1D(6, 3, padding="causal", name="lstm" if renamed else "conv")(inputs)
    x = keras.layers.LSTM(6, unroll=renamed, return_sequences=True, name="conv" if renamed else "lstm")(x)
    x = x[:, -1, :] if renamed else keras.layers.Lambda(lambda x: x[:, -1])(x)
    return keras.Model(inputs, x)


PAIRS = [
    _equal(
        "mask_by_hand",
        first=_stack,
        second=StackClass,
        change="A Sequential becomes a class that computes the mask itself and makes equal LSTMs in another order.",
        family="class",
    ),
    _equal(
        "layers_as_cells",
        first=_stack,
        second=_stack_of_cells,
        change="LSTM layers are written as RNN layers around cells, under names that sort otherwise.",
        family="renamed",
    ),
    _equal(
        "cells_in_one_layer",
        first=partial(_layers_or_cells, cells=False),
        second=partial(_layers_or_cells, cells=True),
        change="Two GRUs are written as one layer with two cells.",
        family="nested",
    ),
    _equal(
        "both_ways_as_two_layers",
        first=_both_ways,
        second=BothWaysClass,
        change="A bidirectional layer is written as two, the backward one made first, without TimeDistributed.",
        family="class",
    ),
    _equal(
        "turned_by_hand",
        first=_both_ways,
        second=_turned_by_hand,
        change="A bidirectional layer is written as two that read forwards, of which one is given the turned sequence.",
        family="flattened",
    ),
    _equal(
        "own_cell",
        first=partial(_simple, by_hand=False),
        second=partial(_simple, by_hand=True),
        change="A simple recurrent cell is written by hand, and the last step is cut out of the sequence.",
        family="custom layer",
    ),
    _equal(
        "steps_in_a_loop",
        first=partial(_simple, by_hand=False),
        second=Unrolled,
        change="Layers become cells, one of them by hand, that a class calls step by step.",
        family="loop",
    ),
    _equal(
        "state_handed_on",
        first=_translator,
        second=TranslatorClass,
        change="Encoder and decoder become a class that makes the decoder first and starts with zeros by itself.",
        family="reordered",
    ),
    _equal(
        "average_by_hand",
        first=_average,
        second=AverageClass,
        change="The average over what is not padding is taken by hand; two equal dense layers are made backwards.",
        family="operations",
    ),
    _equal(
        "tied_by_own_layer",
        first=_tied_called,
        second=partial(Tied, own=True),
        change="An embedding that gives scores too is written by hand, and two equal layers change their names.",
        family="shared",
    ),
    _equal(
        "reader_called_twice",
        first=partial(_shared_reader, loop=True),
        second=partial(_shared_reader, loop=False),
        change="A loop over one LSTM is written out, with the second call in a Sequential.",
        family="shared",
    ),
    _equal(
        "dropout_of_the_cell",
        first=partial(_drops, cell=False),
        second=partial(_drops, cell=True),
        change="LSTM layers, one of which drops its inputs, are written around cells.",
        family="nested",
    ),
    _equal(
        "masking_by_hand",
        first=partial(_masked, layer=True),
        second=partial(_masked, layer=False),
        change="The mask of steps of minus one is computed by operations.",
        family="operations",
    ),
    _equal(
        "unrolled_under_crossed_names",
        first=partial(_filters, renamed=False),
        second=partial(_filters, renamed=True),
        change="The LSTM is unrolled, and each of the two layers has the name of the other.",
        family="renamed",
    ),
]
