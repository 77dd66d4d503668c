"""Pairs of networks with two inputs or two outputs that are one network, written in two ways."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_equal = partial(Pair, kind="two_inputs", one_network=True)


def _dict_inputs(backwards: bool = False) -> dict[str, Any]:
    names = ["right", "left"] if backwards else ["left", "right"]
    return {name: keras.Input((6,), name=name) for name in names}


def _towers() -> keras.Model:
    inputs = _dict_inputs()
    left = keras.layers.Dense(8, activation="relu", name="left_tower")(inputs["left"])
    right = keras.layers.Dense(8, activation="relu", name="right_tower")(inputs["right"])
    x = keras.layers.Dropout(0.2, name="drop")(keras.layers.Concatenate(name="join")([left, right]))
    return keras.Model(inputs, keras.layers.Dense(3, activation="softmax", name="out")(x))


def _towers_backwards() -> keras.Model:
    inputs = _dict_inputs(backwards=True)
    right = keras.layers.Dense(8, activation="relu")(inputs["right"])
    left = keras.layers.Dense(8, activation="relu")(inputs["left"])
    x = keras.layers.Dropout(0.2)(keras.layers.concatenate([left, right]))
    return keras.Model(inputs, keras.layers.Softmax()(keras.layers.Dense(3)(x)))


class Towers(keras.Model):
    """The towers in a dictionary, called in its order."""

    def __init__(self):
        super().__init__()
        self.classify = keras.layers.Dense(3)
        self.towers = {name: keras.layers.Dense(8) for name in ("right", "left")}
        self.drop = keras.layers.Dropout(0.2)

    def call(self, inputs, training=None):
        made = {name: keras.ops.relu(tower(inputs[name])) for name, tower in self.towers.items()}
        x = keras.ops.concatenate([made["left"], made["right"]], axis=1)
        return keras.ops.softmax(self.classify(self.drop(x, training=training)))


def _towers_as_models() -> keras.Model:
    def tower() -> keras.Model:
        return keras.Sequential([keras.Input((6,)), keras.layers.Dense(8), keras.layers.ReLU()])

    second, first = tower(), tower()
    inputs = _dict_inputs()
    joined = keras.layers.Concatenate()([first(inputs["left"]), second(inputs["right"])])
    head = keras.Sequential([keras.layers.Dropout(0.2), keras.layers.Dense(3, activation="softmax")])
    return keras.Model(inputs, head(joined))


def _siamese() -> keras.Model:
    a, b = keras.Input((6,)), keras.Input((6,))
    shared = keras.Sequential([keras.Input((6,)), keras.layers.Dense(6, activation="relu"), keras.layers.Dense(6)])
    x = keras.layers.Dot(axes=1, normalize=False)([shared(a), shared(b)])
    return keras.Model([a, b], keras.layers.Activation("sigmoid")(x))


class Siamese(keras.Model):
    """Encodes both inputs at once, as one batch."""

    def __init__(self):
        super().__init__()
        self.upper, self.lower = keras.layers.Dense(6), keras.layers.Dense(6)

    def call(self, inputs):
        both = keras.ops.concatenate(inputs, axis=0)
        left, right = keras.ops.split(self.upper(keras.ops.relu(self.lower(both))), 2, axis=0)
        return keras.ops.sigmoid(keras.ops.sum(left * right, axis=-1, keepdims=True))


def _shared_layers() -> keras.Model:
    a, b = keras.Input((6,)), keras.Input((6,))
    up, down = keras.layers.Dense(6, name="down"), keras.layers.Dense(6, name="up")
    right = down(keras.activations.relu(up(b)))
    left = down(keras.layers.ReLU()(up(a)))
    return keras.Model([a, b], keras.ops.sigmoid(keras.ops.sum(right * left, axis=1, keepdims=True)))


def _combined(layers: bool) -> keras.Model:
    a, b = keras.Input((6,)), keras.Input((6,))
    one, two, three, four = (keras.layers.Dense(6, use_bias=False) for _ in range(4))
    if layers:
        total = keras.layers.Subtract()([one(a), two(b)])
        other = keras.layers.Maximum()([three(a), four(b)])
        x = keras.layers.Average()([keras.layers.Multiply()([total, other]), a])
    else:
        other = keras.ops.maximum(one(b), two(a))
        x = (other * (-three(b) + four(a)) + a) * 0.5
    return keras.Model([a, b], x)


def _heads() -> keras.Model:
    inputs = _dict_inputs()
    x = keras.layers.Add(name="sum")([inputs["left"], inputs["right"]])
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dense(6, activation="elu", name="body")(x)
    outputs = {name: keras.layers.Dense(3, activation="softmax", name=name)(x) for name in ("kind", "place")}
    return keras.Model(inputs, outputs)


class Heads(keras.Model):
    """Makes and returns the heads in another order."""

    def __init__(self):
        super().__init__()
        self.kind = keras.layers.Dense(3, name="second")
        self.place = keras.layers.Dense(3, name="first")
        self.body = keras.layers.Dense(6)
        self.norm = keras.layers.BatchNormalization()

    def call(self, inputs, training=None):
        x = self.norm(inputs["right"] + inputs["left"], training=training)
        x = keras.ops.elu(self.body(x))
        place = keras.ops.softmax(self.place(x))
        return {"place": place, "kind": keras.ops.softmax(self.kind(x))}


def _compiled(model: keras.Model, by_name: bool) -> keras.Model:
    if by_name:
        losses: Any = {"kind": "categorical_crossentropy", "place": "categorical_crossentropy"}
        model.compile(optimizer="adam", loss=losses, loss_weights={"kind": 1.0, "place": 0.5})
    else:
        losses = {name: keras.losses.CategoricalCrossentropy() for name in ("place", "kind")}
        model.compile(optimizer=keras.optimizers.Adam(0.001), loss=losses, loss_weights={"place": 0.5, "kind": 1.0})
    return model


def _image_and_vector() -> keras.Model:
    image, vector = keras.Input((8, 8, 3), name="image"), keras.Input((6,), name="vector")
    x = keras.layers.Conv2D(6, 3, strides=2, activation="relu")(image)
    scale, shift = keras.layers.Dense(6)(vector), keras.layers.Dense(6)(vector)
    x = keras.layers.Multiply()([x, keras.layers.Reshape((1, 1, 6))(scale)])
    x = keras.layers.Add()([x, keras.layers.Reshape((1, 1, 6))(shift)])
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model([image, vector], [x, keras.layers.Dense(2)(x)])


class Film(keras.layers.Layer):
    """Scales and shifts features by layers of a vector."""

    def __init__(self):
        super().__init__()
        self.shift, self.scale = keras.layers.Dense(6, name="b"), keras.layers.Dense(6, name="a")

    def build(self, image_shape, vector_shape):
        self.shift.build(vector_shape)
        self.scale.build(vector_shape)

    def call(self, image, vector):
        return keras.ops.einsum("bhwc,bc->bhwc", image, self.scale(vector)) + self.shift(vector)[:, None, None, :]


class ImageAndVector(keras.Model):
    """The same with a layer that takes two arguments."""

    def __init__(self):
        super().__init__()
        self.film = Film()
        self.head = keras.layers.Dense(2)
        self.conv = keras.layers.Conv2D(6, 3, strides=2)

    def call(self, inputs):
        image, vector = inputs
        x = keras.ops.mean(self.film(keras.ops.relu(self.conv(image)), vector), axis=(1, 2))
        return [x, self.head(x)]


def _cross(by_layer: bool) -> keras.Model:
    """One sequence attends to another."""
    words, notes = keras.Input((5, 6), name="words"), keras.Input((7, 6), name="notes")
    if by_layer:
        query, key, value = (keras.layers.Dense(6, use_bias=False) for _ in range(3))
        x = keras.layers.Attention()([query(words), value(notes), key(notes)])
        x = keras.layers.LayerNormalization()(keras.layers.Add()([x, words]))
        return keras.Model([words, notes], keras.layers.Dense(6, activation="relu")(x))
    value, query, key = (keras.layers.Dense(6, use_bias=False) for _ in range(3))
    v, k, q = value(notes), key(notes), query(words)
    weights = keras.ops.softmax(keras.ops.einsum("bqd,bkd->bqk", q, k), axis=2)
    x = keras.layers.LayerNormalization()(words + keras.ops.matmul(weights, v))
    return keras.Model([words, notes], keras.ops.relu(keras.layers.Dense(6)(x)))


def _tokens(loop: bool) -> keras.Model:
    """The product of a user's and an item's embedding, plus a bias of each; both have the same number of ids."""
    inputs = {name: keras.Input((), dtype="int32", name=name) for name in ("user", "item")}
    if loop:
        made = {name: keras.layers.Embedding(9, 4, name=f"{name}_table")(inputs[name]) for name in inputs}
        bias = [keras.layers.Embedding(9, 1, name=f"{name}_bias")(inputs[name]) for name in inputs]
        x = keras.layers.Add()([keras.layers.Dot(-1)([made["user"], made["item"]]), *bias])
        return keras.Model(inputs, x)
    item_bias, user_bias = keras.layers.Embedding(9, 1), keras.layers.Embedding(9, 1)
    item, user = keras.layers.Embedding(9, 4), keras.layers.Embedding(9, 4)
    x = keras.ops.sum(item(inputs["item"]) * user(inputs["user"]), axis=-1, keepdims=True)
    return keras.Model(inputs, x + (item_bias(inputs["item"]) + user_bias(inputs["user"])))


class Tokens(keras.Model):
    """The same as a class; one of its two tables is inside a Sequential."""

    def __init__(self):
        super().__init__()
        self.biases = [keras.layers.Embedding(9, 1) for _ in range(2)]
        self.tables = [keras.Sequential([keras.layers.Embedding(9, 4)]), keras.layers.Embedding(9, 4)]

    def call(self, inputs):
        ids = [inputs["item"], inputs["user"]]
        a, b = (table(number) for table, number in zip(self.tables, ids, strict=True))
        c, d = (bias(number) for bias, number in zip(self.biases, reversed(ids), strict=True))
        return keras.ops.einsum("bd,bd->b", a, b)[:, None] + c + d


PAIRS = [
    _equal(
        "towers_backwards",
        first=_towers,
        second=_towers_backwards,
        change="Inputs and towers of one shape are made in the other order, and joined in the same order.",
        family="reordered",
    ),
    _equal(
        "towers_in_a_dictionary",
        first=_towers,
        second=Towers,
        change="Two towers of one shape come in a dictionary, in a class that calls the right one first.",
        family="class",
    ),
    _equal(
        "towers_as_models",
        first=_towers_as_models,
        second=Towers,
        change="Towers and head become models in a model.",
        family="nested",
    ),
    _equal(
        "models_or_layers",
        first=_towers_backwards,
        second=_towers_as_models,
        change="Layers are put into models, those for the left input made last.",
        family="nested",
    ),
    _equal(
        "both_sides_as_one_batch",
        first=_siamese,
        second=Siamese,
        change="A shared encoder is called once, on both inputs as one batch; its two layers are made backwards.",
        family="shared",
    ),
    _equal(
        "shared_layers_with_crossed_names",
        first=_siamese,
        second=_shared_layers,
        change="A shared model becomes shared layers whose names are turned round, and the right input goes first.",
        family="flattened",
    ),
    _equal(
        "combined_by_operations",
        first=partial(_combined, layers=True),
        second=partial(_combined, layers=False),
        change="Difference, maximum, product and average become operations on four equal layers in another order.",
        family="operations",
    ),
    _equal(
        "heads_in_another_order",
        first=_heads,
        second=Heads,
        change="Two heads of one shape are called in the other order, with turned names in a turned dictionary.",
        family="class",
    ),
    _equal(
        "compiled_by_output",
        first=lambda: _compiled(_heads(), by_name=True),
        second=lambda: _compiled(Heads(), by_name=False),
        change="Losses of two outputs are named in one model, and objects in another order in the other.",
        family="class",
    ),
    _equal(
        "film_as_layer",
        first=_image_and_vector,
        second=ImageAndVector,
        change="Scale and shift become a layer of one's own with two arguments, the shift made first.",
        family="custom layer",
    ),
    _equal(
        "attention_across_inputs",
        first=partial(_cross, by_layer=True),
        second=partial(_cross, by_layer=False),
        change="Attention from one input to the other becomes operations, value and key before query.",
        family="operations",
    ),
    _equal(
        "tables_written_out",
        first=partial(_tokens, loop=True),
        second=partial(_tokens, loop=False),
        change="A loop over inputs is written out, the item before the user.",
        family="loop",
    ),
    _equal(
        "tables_in_a_class",
        first=partial(_tokens, loop=True),
        second=Tokens,
        change="Tables come in lists of a class, one list in the order of the inputs and the other against it.",
        family="class",
    ),
]
