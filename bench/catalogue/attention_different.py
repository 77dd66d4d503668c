"""Networks with attention that differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from . import Pair
from .attention_equal import _reader as _placed

__all__ = ["PAIRS"]

_different = partial(Pair, kind="attention", one_network=False)


def _attend(q: Any, k: Any, v: Any, heads: int = 2, mistake: str = "", causal: bool = False) -> Any:
    """Multi-head attention, with a choice of mistakes."""
    size = q.shape[-1] // heads

    def split(x: Any) -> Any:
        if mistake == "heads inside":
            return keras.ops.transpose(keras.ops.reshape(x, (-1, x.shape[1], size, heads)), (0, 3, 1, 2))
        return keras.ops.transpose(keras.ops.reshape(x, (-1, x.shape[1], heads, size)), (0, 2, 1, 3))

    q, k, v = split(q), split(k), split(v)
    scores = keras.ops.matmul(q, keras.ops.transpose(k, (0, 1, 3, 2)))
    if mistake == "scaled by the model":
        scores = scores / (size * heads) ** 0.5
    elif mistake != "not scaled":
        scores = scores / size**0.5
    if causal or mistake.startswith("causal"):
        count = scores.shape[-1]
        distance = keras.ops.arange(count)[:, None] - keras.ops.arange(count)[None, :]
        seen = distance > 0 if mistake == "causal, not itself" else distance >= 0
        if mistake == "window of 8":
            seen = keras.ops.logical_and(seen, distance < 8)
        scores = scores * keras.ops.cast(seen, "float32") if mistake == "multiplied" else scores
        scores = scores if mistake == "multiplied" else keras.ops.where(seen, scores, -1e9)
    weights = keras.ops.softmax(scores, axis=-2 if mistake == "wrong axis" else -1)
    if mistake == "no gradient":
        weights = keras.ops.stop_gradient(weights)
    x = keras.ops.transpose(keras.ops.matmul(weights, v), (0, 2, 1, 3))
    return keras.ops.reshape(x, (-1, x.shape[1], size * heads))


def _by_hand(length: int = 6, tied: str = "", gelu: bool | None = None, **options: Any) -> keras.Model:
    """One attention block, written with operations."""
    inputs = keras.Input((length, 8))
    x = keras.layers.LayerNormalization(name="norm")(inputs)
    layers = {name: keras.layers.Dense(8, name=name) for name in ("query", "key", "value")}
    if tied:
        layers["value"] = layers[tied]
    y = _attend(layers["query"](x), layers["key"](x), layers["value"](x), **options)
    x = inputs + keras.layers.Dense(8, name="project")(y)
    if gelu is not None:
        x = keras.ops.gelu(keras.layers.Dense(8, name="up")(x), approximate=gelu)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


class ByHand(keras.Model):
    """The same block as a class, which makes the value layer first."""

    def __init__(self, crossed: bool = False, **options: Any):
        super().__init__()
        self.value, self.key, self.query = (keras.layers.Dense(8, name=name) for name in ("value", "key", "query"))
        self.norm = keras.layers.LayerNormalization(name="norm")
        self.project = keras.layers.Dense(8, name="project")
        self.out = keras.layers.Dense(3, name="out")
        self.crossed = crossed
        self.options = options

    def call(self, inputs):
        x = self.norm(inputs)
        y = _attend(self.query(x), self.key(x), self.value(inputs if self.crossed else x), **self.options)
        return self.out(inputs + self.project(y))


_PLACES = ("query", "key", "value", "project")


def _parts(**changes: dict[str, Any]) -> dict[str, keras.layers.Layer]:
    def options(name: str, **usual: Any) -> dict[str, Any]:
        return {"name": name, **usual, **changes.get(name, {})}

    return {
        "norm_1": keras.layers.LayerNormalization(**options("norm_1", epsilon=1e-6)),
        "attention": keras.layers.MultiHeadAttention(**options("attention", num_heads=2, key_dim=4, dropout=0.1)),
        "drop": keras.layers.Dropout(**options("drop", rate=0.1)),
        "norm_2": keras.layers.LayerNormalization(**options("norm_2", epsilon=1e-6)),
        "up": keras.layers.Dense(**options("up", units=16, activation="gelu")),
        "down": keras.layers.Dense(**options("down", units=8)),
    }


class Encoder(keras.Model):
    """An encoder block, with a choice of mistakes in its call."""

    def __init__(self, mistake: str = "", **changes: dict[str, Any]):
        super().__init__()
        self.parts = _parts(**changes)
        self.mistake = mistake
        self.head = keras.layers.Dense(3, name="head")

    def call(self, x, training=None):
        parts = self.parts
        causal = {"use_causal_mask": True} if self.mistake == "causal" else {}
        y = x if self.mistake == "norm after" else parts["norm_1"](x)
        y = parts["attention"](y, y, training=training, **causal)
        y = y if self.mistake == "no dropout" else parts["drop"](y, training=training)
        x = x + y
        if self.mistake == "norm after":
            x = parts["norm_1"](x)
        y = parts["down"](parts["up"](parts["norm_2"](x)))
        return self.head(y if self.mistake == "no residual" else x + y)


def _encoder(**changes: dict[str, Any]) -> keras.Model:
    parts = _parts(**changes)
    inputs = keras.Input((6, 8))
    y = parts["norm_1"](inputs)
    x = keras.layers.Add(name="add_1")([inputs, parts["drop"](parts["attention"](y, y))])
    x = keras.layers.Add(name="add_2")([x, parts["down"](parts["up"](parts["norm_2"](x)))])
    return keras.Model(inputs, keras.layers.Dense(3, name="head")(x))


def _compiled(build: Callable[[], keras.Model], epsilon: float = 1e-7, **options: Any) -> keras.Model:
    model = build()
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, **options)
    model.compile(optimizer=keras.optimizers.AdamW(1e-3, weight_decay=0.01, epsilon=epsilon), loss=loss)
    return model


class Positions(keras.layers.Layer):
    """Adds positions, learned or sinusoidal."""

    def __init__(self, sort: str, base: float = 10000.0, start: int = 0, **options: Any):
        super().__init__(**options)
        self.sort = sort
        self.base = base
        self.start = start

    def build(self, shape):
        if self.sort.startswith("learned"):
            trainable = self.sort == "learned"
            self.table = self.add_weight(name="table", shape=shape[1:], initializer="normal", trainable=trainable)

    def call(self, x):
        if self.sort == "none":
            return x
        if self.sort.startswith("learned"):
            return x + self.table
        half = x.shape[-1] // 2
        steps = keras.ops.arange(self.start, x.shape[1] + self.start, dtype="float32")
        angle = steps[:, None] / self.base ** (keras.ops.arange(half, dtype="float32") / half)
        waves = [keras.ops.sin(angle), keras.ops.cos(angle)]
        if self.sort == "interleaved":
            return x + keras.ops.reshape(keras.ops.stack(waves, axis=-1), (-1, 2 * half))
        return x + keras.ops.concatenate(waves, axis=-1)


def _reader(sort: str = "sines", scale: float = 8**0.5, pad: bool = False, **options: Any) -> keras.Model:
    """Tokens with positions, read by one layer of attention."""
    inputs = keras.Input((10,), dtype="int32")
    x = keras.layers.Embedding(12, 8, name="embed")(inputs)
    x = keras.layers.Rescaling(scale, name="scale")(x)
    x = Positions(sort, **options, name="positions")(x)
    mask = {"attention_mask": (inputs != 0)[:, None, :]} if pad else {}
    x = keras.layers.MultiHeadAttention(2, 4, name="attention")(x, x, **mask)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


def _counted(on_constants: bool) -> keras.Model:
    inputs = keras.Input((10,), dtype="int32")
    positions = keras.ops.arange(10) if on_constants else keras.ops.cumsum(keras.ops.ones_like(inputs), axis=1) - 1
    x = keras.layers.Embedding(10, 8, name="positions")(positions)
    x = x + keras.layers.Embedding(12, 8, name="embed")(inputs)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


PAIRS = [
    _different(
        "scores_not_scaled",
        first=_by_hand,
        second=partial(ByHand, mistake="not scaled"),
        change="The scores are not divided by the root of the size of a head.",
        culprit=_PLACES,
        family="operation",
    ),
    _different(
        "scaled_by_the_size_of_the_model",
        first=_by_hand,
        second=partial(ByHand, mistake="scaled by the model"),
        change="The scores are divided by the root of the size of all heads together.",
        culprit=_PLACES,
        family="operation",
    ),
    _different(
        "softmax_over_queries",
        first=_by_hand,
        second=partial(ByHand, mistake="wrong axis"),
        change="Softmax is over the queries, of which there are as many as keys.",
        culprit=_PLACES,
        family="axis",
    ),
    _different(
        "heads_split_the_other_way",
        first=_by_hand,
        second=partial(ByHand, mistake="heads inside"),
        change="The heads are the inner dimension of the features, which is joined as if they were the outer one.",
        culprit=_PLACES,
        family="axis",
    ),
    _different(
        "one_head_for_two",
        first=_by_hand,
        second=partial(ByHand, heads=1),
        change="There is one large head for two small ones; all weights keep their shapes.",
        culprit=_PLACES,
        family="configuration",
    ),
    _different(
        "no_gradient_through_weights",
        first=_by_hand,
        second=partial(ByHand, mistake="no gradient"),
        change="No gradient flows through the attention weights.",
        culprit=_PLACES,
        family="gradient",
    ),
    _different(
        "value_of_what_is_not_normalized",
        first=_by_hand,
        second=partial(ByHand, crossed=True),
        change="The value is taken from the input before the normalization.",
        culprit=("value", "norm"),
        family="order",
    ),
    _different(
        "key_is_value",
        first=_by_hand,
        second=partial(_by_hand, tied="key"),
        change="One layer gives both the keys and the values.",
        culprit=("key", "value", "value/kernel", "value/bias"),
        family="sharing",
    ),
    _different(
        "future_seen",
        first=partial(_by_hand, causal=True),
        second=ByHand,
        change="The causal mask is forgotten.",
        culprit=_PLACES,
        family="mask",
    ),
    _different(
        "itself_not_seen",
        first=partial(_by_hand, causal=True),
        second=partial(ByHand, mistake="causal, not itself"),
        change="The causal mask is off by one, so that no position sees itself.",
        culprit=_PLACES,
        family="mask",
    ),
    _different(
        "mask_multiplied",
        first=partial(_by_hand, causal=True),
        second=partial(ByHand, causal=True, mistake="multiplied"),
        change="The scores are multiplied by the mask, which leaves zeros before the softmax.",
        culprit=_PLACES,
        family="mask",
    ),
    _different(
        "window_of_eight",
        first=partial(_by_hand, length=12, causal=True),
        second=partial(ByHand, causal=True, mistake="window of 8"),
        change="A position sees only seven before itself, which the last ones of a sequence show.",
        culprit=_PLACES,
        family="mask",
    ),
    _different(
        "gelu_by_its_approximation",
        first=partial(_by_hand, gelu=False),
        second=partial(_by_hand, gelu=True),
        change="GELU is taken by its approximation, a difference in the fourth digit.",
        culprit=("up", "out"),
        family="activation",
    ),
    _different(
        "norm_after_attention",
        first=_encoder,
        second=partial(Encoder, "norm after"),
        change="The class normalizes after the residual connection, as the first transformer did.",
        culprit=("norm_1", "attention", "drop", "add_1"),
        family="order",
    ),
    _different(
        "second_residual_missing",
        first=_encoder,
        second=partial(Encoder, "no residual"),
        change="The class does not add what goes around the dense layers.",
        culprit=("add_2", "down", "head"),
        family="missing",
    ),
    _different(
        "dropout_after_attention_missing",
        first=_encoder,
        second=partial(Encoder, "no dropout"),
        change="The class does not drop after attention.",
        culprit=("drop", "attention"),
        family="missing",
    ),
    _different(
        "dropout_of_weights_missing",
        first=_encoder,
        second=partial(Encoder, attention={"dropout": 0.0}),
        change="The attention weights are not dropped.",
        culprit=("attention",),
        family="random",
    ),
    _different(
        "causal_by_an_argument",
        first=_encoder,
        second=partial(Encoder, "causal"),
        change="The class calls attention with a causal mask.",
        culprit=("attention",),
        family="mask",
    ),
    _different(
        "epsilon_of_the_first_norm",
        first=_encoder,
        second=partial(Encoder, norm_1={"epsilon": 1e-3}),
        change="The first normalization has the default epsilon instead of 1e-6.",
        culprit=("norm_1",),
        family="configuration",
    ),
    _different(
        "norm_over_positions_too",
        first=_encoder,
        second=partial(Encoder, norm_2={"axis": [1, 2]}),
        change="The second normalization is over positions and features together.",
        culprit=("norm_2", "norm_2/gamma", "norm_2/beta"),
        family="axis",
    ),
    _different(
        "attention_without_bias",
        first=_encoder,
        second=partial(Encoder, attention={"use_bias": False}),
        change="The projections of attention have no bias.",
        culprit=("attention",),
        family="configuration",
    ),
    _different(
        "output_starts_at_zero",
        first=_encoder,
        second=partial(Encoder, down={"kernel_initializer": "zeros"}),
        change="The last layer of the block starts at zero.",
        culprit=("down", "down/kernel"),
        family="initializer",
    ),
    _different(
        "zero_start_hides_an_activation",
        first=partial(_encoder, down={"kernel_initializer": "zeros"}),
        second=partial(Encoder, down={"kernel_initializer": "zeros"}, up={"activation": "relu"}),
        change="ReLU stands for GELU, before a layer that starts at zero in both.",
        culprit=("up",),
        family="activation",
    ),
    _different(
        "epsilon_of_the_optimizer",
        first=partial(_compiled, _encoder),
        second=partial(_compiled, Encoder, epsilon=1e-8),
        change="The optimizer has the epsilon of PyTorch.",
        culprit=("optimizer",),
        family="compile",
    ),
    _different(
        "loss_summed",
        first=partial(_compiled, _encoder),
        second=partial(_compiled, _encoder, reduction="sum"),
        change="The loss is summed over the batch, not averaged.",
        culprit=("loss",),
        family="compile",
    ),
    _different(
        "no_positions",
        first=_reader,
        second=partial(_reader, "none"),
        change="The layer for the positions adds nothing.",
        culprit=("positions",),
        family="missing",
    ),
    _different(
        "sines_interleaved",
        first=_reader,
        second=partial(_reader, "interleaved"),
        change="Sines and cosines alternate instead of following each other.",
        culprit=("positions",),
        family="order",
    ),
    _different(
        "base_of_the_sines",
        first=_reader,
        second=partial(_reader, base=1000.0),
        change="The waves of the positions are shorter.",
        culprit=("positions",),
        family="configuration",
    ),
    _different(
        "positions_from_one",
        first=_reader,
        second=partial(_reader, start=1),
        change="Positions are counted from one.",
        culprit=("positions",),
        family="configuration",
    ),
    _different(
        "positions_frozen",
        first=partial(_reader, "learned"),
        second=partial(_reader, "learned once"),
        change="The table of positions is not trained.",
        culprit=("positions", "positions/table"),
        family="trainable",
    ),
    _different(
        "embedding_not_scaled",
        first=_reader,
        second=partial(_reader, scale=1.0),
        change="The embedding is not multiplied by the root of its size.",
        culprit=("scale",),
        family="operation",
    ),
    _different(
        "positions_lost_to_the_model",
        first=partial(_counted, on_constants=False),
        second=partial(_counted, on_constants=True),
        change="The embedding of positions is called on constants, so it is no layer of the model and is not trained.",
        culprit=("positions", "positions/embeddings"),
        family="trainable",
    ),
    _different(
        "padding_attended_to",
        first=partial(_reader, pad=True),
        second=_reader,
        change="Attention is to the padding too.",
        culprit=("attention",),
        family="mask",
    ),
    _different(
        "positions_by_an_embedding",
        first=partial(_placed, "by a layer"),
        second=partial(_placed, "by an embedding"),
        change="The table of positions becomes an embedding of a count, whose repeated rows Adam trains otherwise.",
        culprit=("positions", "positions/table", "embedding"),
        family="gradient",
    ),
]
