"""Recurrent networks that differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_different = partial(Pair, kind="recurrent", one_network=False)


def _layers(**changes: dict[str, Any]) -> dict[str, keras.layers.Layer]:
    def options(name: str, **usual: Any) -> dict[str, Any]:
        return {"name": name, **usual, **changes.get(name, {})}

    return {
        "embed": keras.layers.Embedding(**options("embed", input_dim=12, output_dim=6, mask_zero=True)),
        "lower": keras.layers.LSTM(**options("lower", units=6, return_sequences=True)),
        "drop": keras.layers.Dropout(**options("drop", rate=0.2)),
        "upper": keras.layers.GRU(**options("upper", units=6)),
        "out": keras.layers.Dense(**options("out", units=3)),
    }


def _functional(**changes: dict[str, Any]) -> keras.Model:
    inputs = x = keras.Input((None,), dtype="int32")
    for layer in _layers(**changes).values():
        x = layer(x)
    return keras.Model(inputs, x)


class Stack(keras.Model):
    """The same stack as a class, which passes on the mask itself."""

    def __init__(self, mistake: str = "", **changes: dict[str, Any]):
        super().__init__()
        self.mistake = mistake
        self.parts = _layers(**changes)

    def call(self, tokens, training=None):
        if self.mistake == "shifted":
            tokens = keras.ops.minimum(tokens + 1, 11)
        if self.mistake == "first 20":
            tokens = tokens[:, :20]
        mask = self.parts["embed"].compute_mask(tokens)
        x = self.parts["embed"](tokens)
        if self.mistake == "scaled":
            x = x * 6**0.5
        x = self.parts["lower"](x, mask=mask, training=training)
        if self.mistake != "no dropout":
            x = self.parts["drop"](x, training=training)
        if self.mistake == "mask of the lower alone":
            mask = keras.ops.ones_like(mask)
        return self.parts["out"](self.parts["upper"](x, mask=mask, training=training))


def _compiled(build: Callable[[], keras.Model] = _functional, **options: Any) -> keras.Model:
    model = build()
    model.compile(optimizer=keras.optimizers.RMSprop(0.01, **options), loss="mse")
    return model


def _both_ways(**options: Any) -> keras.Model:
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6, name="embed")(inputs)
    x = keras.layers.Bidirectional(keras.layers.LSTM(6, return_sequences=True), name="both", **options)(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


class BothWays(keras.Model):
    """Two LSTMs in place of a bidirectional one, with a choice of mistakes."""

    def __init__(self, backwards: bool = True, turn: bool = True, swap: bool = False):
        super().__init__()
        self.embed = keras.layers.Embedding(12, 6, name="embed")
        self.left = keras.layers.LSTM(6, return_sequences=True, name="left")
        self.right = keras.layers.LSTM(6, return_sequences=True, go_backwards=backwards, name="right")
        self.out = keras.layers.Dense(3, name="out")
        self.turn = turn
        self.swap = swap

    def call(self, tokens):
        x = self.embed(tokens)
        left, right = self.left(x), self.right(x)
        if self.turn:
            right = keras.ops.flip(right, axis=1)
        return self.out(keras.ops.concatenate([right, left] if self.swap else [left, right], axis=-1))


def _recurrent(layer: Callable[[], keras.layers.Layer]) -> keras.Model:
    inputs = keras.Input((9, 4))
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(layer()(inputs)))


class Cell(keras.layers.Layer):
    """An LSTM cell, written by hand, with a choice of gate order; the forget gate's bias starts at zero."""

    def __init__(self, order: str, **options: Any):
        super().__init__(**options)
        self.order = order
        self.state_size = [6, 6]
        self.output_size = 6

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], 24), initializer="glorot_uniform")
        self.recurrent = self.add_weight(name="recurrent", shape=(6, 24), initializer="orthogonal")
        self.bias = self.add_weight(name="bias", shape=(24,), initializer="zeros")

    def call(self, x, states):
        h, c = states
        z = keras.ops.matmul(x, self.kernel) + keras.ops.matmul(h, self.recurrent) + self.bias
        gates = dict(zip(self.order, keras.ops.split(z, 4, axis=-1), strict=True))
        i, f, o = (keras.ops.sigmoid(gates[name]) for name in "ifo")
        c = f * c + i * keras.ops.tanh(gates["c"])
        h = o * keras.ops.tanh(c)
        return h, [h, c]


def _translator(start: str) -> keras.Model:
    """An encoder and a decoder, which should start from the encoder's last state."""
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6, name="embed")(inputs)
    _, h, c = keras.layers.LSTM(6, return_state=True, name="encoder")(x)
    decoder = keras.layers.LSTM(6, return_sequences=True, name="decoder")
    states = {"state": [h, c], "swapped": [c, h], "none": None}[start]
    x = decoder(x) if states is None else decoder(x, initial_state=states)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


def _language(tied: bool, activation: str | None = None) -> keras.Model:
    """A language model; its output layer may be tied to the embedding."""
    inputs = keras.Input((None,), dtype="int32")
    embed = keras.layers.Embedding(12, 6, name="embed")
    x = keras.layers.GRU(6, return_sequences=True, name="gru")(embed(inputs))
    if tied:
        x = keras.layers.Dense(6, activation=activation, name="project")(x)
        return keras.Model(inputs, Logits(embed, name="logits")(x))
    return keras.Model(inputs, keras.layers.Dense(12, use_bias=False, name="logits")(x))


class Logits(keras.layers.Layer):
    """Scores each word by its embedding."""

    def __init__(self, embed: keras.layers.Embedding, **options: Any):
        super().__init__(**options)
        self.embed = embed

    def call(self, x):
        return keras.ops.matmul(x, keras.ops.transpose(self.embed.embeddings))


def _masked(value: float) -> keras.Model:
    inputs = keras.Input((9, 4))
    x = keras.layers.Masking(value, name="mask")(inputs)
    return keras.Model(inputs, keras.layers.LSTM(5, name="lstm")(x))


def _averaged(masked: bool) -> keras.Model:
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6, mask_zero=True, name="embed")(inputs)
    if masked:
        x = keras.layers.GlobalAveragePooling1D(name="average")(x)
    else:
        x = keras.layers.Lambda(lambda x: keras.ops.mean(x, axis=1), name="average")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


def _doubled(by_layer: bool) -> keras.Model:
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6, mask_zero=True, name="embed")(inputs)
    x = keras.layers.Activation(lambda x: x * 2.0, name="double")(x) if by_layer else x * 2.0
    return keras.Model(inputs, keras.layers.LSTM(5, name="lstm")(x))


PAIRS = [
    _different(
        "mask_not_handed_on",
        first=partial(_doubled, by_layer=True),
        second=partial(_doubled, by_layer=False),
        change="An operation in place of a layer loses the mask of the padding.",
        culprit=("double", "embed", "lstm"),
        family="mask",
    ),
    _different(
        "mask_not_handed_to_the_upper",
        first=_functional,
        second=partial(Stack, "mask of the lower alone"),
        change="The class hands the mask to the lower layer alone.",
        culprit=("upper", "drop"),
        family="mask",
    ),
    _different(
        "zero_not_masked",
        first=_functional,
        second=partial(_functional, embed={"mask_zero": False}),
        change="The embedding does not mask the padding.",
        culprit=("embed",),
        family="mask",
    ),
    _different(
        "ids_shifted_by_one",
        first=_functional,
        second=partial(Stack, "shifted"),
        change="The class adds one to the token ids before it looks them up.",
        culprit=("embed",),
        family="operation",
    ),
    _different(
        "only_the_first_twenty",
        first=_functional,
        second=partial(Stack, "first 20"),
        change="The class reads the first 20 tokens alone, which longer sequences show.",
        culprit=("embed",),
        family="operation",
    ),
    _different(
        "embedding_scaled",
        first=_functional,
        second=partial(Stack, "scaled"),
        change="The class multiplies the embedding by the root of its size, as a transformer does.",
        culprit=("embed", "lower"),
        family="operation",
    ),
    _different(
        "dropout_between_layers_missing",
        first=_functional,
        second=partial(Stack, "no dropout"),
        change="The class does not drop between its layers.",
        culprit=("drop", "lower", "upper"),
        family="missing",
    ),
    _different(
        "dropout_of_inputs_or_states",
        first=partial(_functional, lower={"dropout": 0.2}),
        second=partial(Stack, lower={"recurrent_dropout": 0.2}),
        change="The states are dropped instead of the inputs.",
        culprit=("lower",),
        family="random",
    ),
    _different(
        "hard_sigmoid_of_an_old_version",
        first=_functional,
        second=partial(Stack, lower={"recurrent_activation": "hard_sigmoid"}),
        change="The gates are hard sigmoids, as in old versions.",
        culprit=("lower",),
        family="activation",
    ),
    _different(
        "reset_before",
        first=_functional,
        second=partial(_functional, upper={"reset_after": False}),
        change="The GRU resets its state before the product, as in the first paper.",
        culprit=("upper", "upper/bias"),
        family="configuration",
    ),
    _different(
        "forget_gate_starts_at_zero",
        first=_functional,
        second=partial(Stack, lower={"unit_forget_bias": False}),
        change="The bias of the forget gate starts at zero, as in PyTorch, not at one.",
        culprit=("lower", "lower/bias"),
        family="initializer",
    ),
    _different(
        "embedding_frozen",
        first=_functional,
        second=partial(Stack, embed={"trainable": False}),
        change="The embedding is not trained.",
        culprit=("embed", "embed/embeddings"),
        family="trainable",
    ),
    _different(
        "upper_reads_backwards",
        first=_functional,
        second=partial(Stack, upper={"go_backwards": True}),
        change="The upper layer reads from the end.",
        culprit=("upper",),
        family="configuration",
    ),
    _different(
        "recurrent_penalty",
        first=partial(_functional, lower={"kernel_regularizer": "l2"}),
        second=partial(Stack, lower={"recurrent_regularizer": "l2"}),
        change="The penalty is on the recurrent kernel.",
        culprit=("lower", "lower/kernel", "lower/recurrent_kernel"),
        family="regularizer",
    ),
    _different(
        "gradient_norm_clipped",
        first=partial(_compiled, clipnorm=1.0),
        second=_compiled,
        change="The gradients are no longer clipped to a norm of one.",
        culprit=("optimizer",),
        family="compile",
    ),
    _different(
        "gradient_clipped_all_together",
        first=partial(_compiled, clipnorm=1.0),
        second=partial(_compiled, Stack, global_clipnorm=1.0),
        change="The norm of all gradients together is clipped, not that of each.",
        culprit=("optimizer",),
        family="compile",
    ),
    _different(
        "optimizer_centered",
        first=_compiled,
        second=partial(_compiled, Stack, centered=True),
        change="RMSprop is centered.",
        culprit=("optimizer",),
        family="compile",
    ),
    _different(
        "both_ways_averaged",
        first=partial(_both_ways, merge_mode="sum"),
        second=partial(_both_ways, merge_mode="ave"),
        change="Both directions are averaged instead of summed.",
        culprit=("both",),
        family="configuration",
    ),
    _different(
        "both_forwards",
        first=_both_ways,
        second=partial(BothWays, backwards=False, turn=False),
        change="Of the two LSTMs of the class, neither reads backwards.",
        culprit=("both", "right"),
        family="configuration",
    ),
    _different(
        "backwards_not_turned",
        first=_both_ways,
        second=partial(BothWays, turn=False),
        change="The class does not turn what the LSTM gives that reads backwards.",
        culprit=("both", "right", "out"),
        family="missing",
    ),
    _different(
        "backwards_first",
        first=_both_ways,
        second=partial(BothWays, swap=True),
        change="The class puts the backward direction first.",
        culprit=("both", "right", "left", "out"),
        family="order",
    ),
    _different(
        "gate_order",
        first=partial(_recurrent, lambda: keras.layers.RNN(Cell("ifco", name="cell"), name="rnn")),
        second=partial(_recurrent, lambda: keras.layers.RNN(Cell("fico", name="cell"), name="rnn")),
        change="The cell takes its gates in another order from the same kernel.",
        culprit=("rnn", "cell"),
        family="order",
    ),
    _different(
        "own_cell_without_forget_bias",
        first=partial(_recurrent, lambda: keras.layers.LSTM(6, name="rnn")),
        second=partial(_recurrent, lambda: keras.layers.RNN(Cell("ifco", name="cell"), name="rnn")),
        change="The cell by hand starts the bias of its forget gate at zero, where that of Keras starts it at one.",
        culprit=("rnn", "cell", "rnn/bias", "cell/bias", "bias"),
        family="initializer",
    ),
    _different(
        "states_swapped",
        first=partial(_translator, "state"),
        second=partial(_translator, "swapped"),
        change="The decoder starts with the two states of the encoder swapped.",
        culprit=("encoder", "decoder"),
        family="order",
    ),
    _different(
        "state_not_handed_on",
        first=partial(_translator, "state"),
        second=partial(_translator, "none"),
        change="The decoder does not start with the state of the encoder.",
        culprit=("encoder", "decoder"),
        family="missing",
    ),
    _different(
        "output_not_tied",
        first=partial(_language, tied=True),
        second=partial(_language, tied=False),
        change="The output has weights of its own, in place of a projection and the embedding.",
        culprit=("logits", "project", "embed"),
        family="sharing",
    ),
    _different(
        "projection_activated",
        first=partial(_language, tied=True),
        second=partial(_language, tied=True, activation="gelu"),
        change="What is scored against the embedding goes through GELU first.",
        culprit=("project",),
        family="activation",
    ),
    _different(
        "masked_value",
        first=partial(_masked, 0.0),
        second=partial(_masked, -1.0),
        change="Steps of minus one are masked, not steps of zero.",
        culprit=("mask",),
        family="mask",
    ),
    _different(
        "average_over_the_padding",
        first=partial(_averaged, masked=True),
        second=partial(_averaged, masked=False),
        change="The average is over the padding too.",
        culprit=("average",),
        family="mask",
    ),
]
