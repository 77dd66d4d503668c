"""Networks with two inputs or two outputs that differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_different = partial(Pair, kind="two_inputs", one_network=False)


def _inputs(left: int = 6, right: int = 6) -> dict[str, Any]:
    return {"left": keras.Input((left,), name="left"), "right": keras.Input((right,), name="right")}


def _towers(
    combine: Callable[[Any, Any], Any] | None = None,
    shared: bool = False,
    right: dict[str, Any] | None = None,
) -> keras.Model:
    """A tower for each input, combined."""
    inputs = _inputs()
    tower_left = keras.layers.Dense(8, activation="relu", name="tower_left")
    tower_right = keras.layers.Dense(**{"units": 8, "activation": "tanh", "name": "tower_right", **(right or {})})
    if shared:
        tower_right = tower_left
    a, b = tower_left(inputs["left"]), tower_right(inputs["right"])
    x = combine(a, b) if combine else keras.layers.Concatenate(name="join")([a, b])
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


class Towers(keras.Model):
    """The towers as a class, with a choice of mistakes."""

    def __init__(self, mistake: str = "", **options: Any):
        super().__init__()
        self.out = keras.layers.Dense(3, name="out")
        self.tower_right = keras.layers.Dense(8, activation="tanh", name="tower_right", **options)
        self.tower_left = keras.layers.Dense(8, activation="relu", name="tower_left")
        self.mistake = mistake

    def call(self, inputs):
        left, right = inputs["left"], inputs["right"]
        if self.mistake == "inputs swapped":
            left, right = right, left
        if self.mistake == "one input twice":
            right = left
        if self.mistake == "clipped":
            right = keras.ops.clip(right, -50.0, 50.0)
        a, b = self.tower_left(left), self.tower_right(right)
        if self.mistake == "no gradient":
            b = keras.ops.stop_gradient(b)
        return self.out(keras.ops.concatenate([b, a] if self.mistake == "joined backwards" else [a, b], axis=-1))


def _combined(way: str) -> keras.Model:
    ways: dict[str, Callable[[Any, Any], Any]] = {
        "difference": lambda a, b: a - b,
        "difference turned": lambda a, b: b - a,
        "distance": lambda a, b: keras.ops.abs(a - b),
        "sum": lambda a, b: a + b,
        "product": lambda a, b: a * b,
        "average": lambda a, b: (a + b) / 2,
        "greater": keras.ops.maximum,
    }
    return _towers(combine=ways[way])


class Siamese(keras.Model):
    """One encoder for both inputs, or two that look alike."""

    def __init__(self, shared: bool, normalize: bool = True, drop: float = 0.2):
        super().__init__()
        self.encoder = keras.layers.Dense(8, activation="relu", name="encoder")
        self.other = self.encoder if shared else keras.layers.Dense(8, activation="relu", name="other")
        self.drop = keras.layers.Dropout(drop, name="drop")
        self.normalize = normalize

    def call(self, inputs, training=None):
        a = self.drop(self.encoder(inputs["left"]), training=training)
        b = self.other(inputs["right"])
        if self.normalize:
            a, b = keras.ops.normalize(a, axis=-1), keras.ops.normalize(b, axis=-1)
        return keras.ops.sum(a * b, axis=-1, keepdims=True)


def _siamese() -> keras.Model:
    inputs = _inputs()
    encoder = keras.layers.Dense(8, activation="relu", name="encoder")
    a = keras.layers.Dropout(0.2, name="drop")(encoder(inputs["left"]))
    return keras.Model(inputs, keras.layers.Dot(-1, normalize=True, name="dot")([a, encoder(inputs["right"])]))


def _two_outputs(penalty: float = 0.0, frozen: bool = False) -> keras.Model:
    inputs = _inputs(right=4)
    joined = keras.layers.Concatenate(name="join")([inputs["left"], inputs["right"]])
    body = keras.layers.Dense(8, activation="relu", name="body")(joined)
    deep = keras.layers.Dropout(0.1, name="drop")(keras.layers.Dense(8, activation="relu", name="deep")(body))
    main = keras.layers.Dense(2, name="main")(deep)
    options = {"activity_regularizer": keras.regularizers.L2(penalty)} if penalty else {}
    side = keras.layers.Dense(3, activation="softmax", name="side", **options)(body)
    if frozen:
        main = keras.ops.stop_gradient(main)
    return keras.Model(inputs, {"main": main, "side": side})


class TwoOutputs(keras.Model):
    """The same as a class."""

    def __init__(self, activation: str = "softmax", from_deep: bool = False, stop: bool = False, scale: float = 1.0):
        super().__init__()
        self.side = keras.layers.Dense(3, activation=activation, name="side")
        self.main = keras.layers.Dense(2, name="main")
        self.drop = keras.layers.Dropout(0.1, name="drop")
        self.deep = keras.layers.Dense(8, activation="relu", name="deep")
        self.body = keras.layers.Dense(8, activation="relu", name="body")
        self.from_deep = from_deep
        self.stop = stop
        self.scale = scale

    def call(self, inputs, training=None):
        x = self.body(keras.ops.concatenate([inputs["left"], inputs["right"] * self.scale], axis=-1))
        deep = self.drop(self.deep(x), training=training)
        below = keras.ops.stop_gradient(x) if self.stop else x
        return {"main": self.main(deep), "side": self.side(deep if self.from_deep else below)}


def _compiled(
    build: Callable[[], keras.Model] = _two_outputs, weights: tuple[float, float] = (1.0, 0.5), turn: bool = False
) -> keras.Model:
    losses: list[Any] = [keras.losses.MeanSquaredError(), keras.losses.CategoricalCrossentropy()]
    if turn:
        losses.reverse()
    model = build()
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss=dict(zip(("main", "side"), losses, strict=True)),
        loss_weights=dict(zip(("main", "side"), weights, strict=True)),
    )
    return model


def _gated(gate: Callable[[Any], Any], turn: bool = False) -> keras.Model:
    """A vector scales and shifts the features of an image."""
    image, vector = keras.Input((8, 8, 3), name="image"), keras.Input((4,), name="vector")
    x = keras.layers.Conv2D(6, 3, name="conv")(image)
    x = keras.layers.BatchNormalization(name="norm")(x)
    scale = gate(keras.layers.Dense(6, name="scale")(vector))
    shift = keras.layers.Dense(6, activation="tanh", name="shift")(vector)
    scale, shift = scale[:, None, None], shift[:, None, None]
    x = (x + shift) * scale if turn else x * scale + shift
    return keras.Model([image, vector], keras.layers.GlobalAveragePooling2D(name="pool")(x))


_JOINT = ("join", "tower_left", "tower_right", "out")

PAIRS = [
    _different(
        "joined_backwards",
        first=_towers,
        second=partial(Towers, "joined backwards"),
        change="The class joins what its towers give in the other order.",
        culprit=_JOINT,
        family="order",
    ),
    _different(
        "inputs_swapped",
        first=_towers,
        second=partial(Towers, "inputs swapped"),
        change="The class gives each input, of equal shape, to the tower of the other.",
        culprit=("left", "right", "tower_left", "tower_right"),
        family="order",
    ),
    _different(
        "one_input_twice",
        first=_towers,
        second=partial(Towers, "one input twice"),
        change="Both towers of the class read the left input.",
        culprit=("left", "right", "tower_right"),
        family="missing",
    ),
    _different(
        "one_input_clipped",
        first=_towers,
        second=partial(Towers, "clipped"),
        change="The class clips the right input to 50, which only large inputs show.",
        culprit=("right", "tower_right"),
        family="operation",
    ),
    _different(
        "one_tower_without_gradient",
        first=_towers,
        second=partial(Towers, "no gradient"),
        change="No gradient flows into the right tower.",
        culprit=("tower_right", "join", "tower_right/kernel", "tower_right/bias"),
        family="gradient",
    ),
    _different(
        "one_tower_frozen",
        first=_towers,
        second=partial(Towers, trainable=False),
        change="The right tower is not trained.",
        culprit=("tower_right", "tower_right/kernel", "tower_right/bias"),
        family="trainable",
    ),
    _different(
        "tower_penalized",
        first=partial(_towers, right={"kernel_regularizer": keras.regularizers.L1(1e-5)}),
        second=partial(Towers, kernel_regularizer=keras.regularizers.L2(1e-5)),
        change="The penalty of the right tower is L2, not L1, and tiny in both.",
        culprit=("tower_right", "tower_right/kernel"),
        family="regularizer",
    ),
    _different(
        "constraint_of_one_tower",
        first=partial(_towers, right={"kernel_constraint": "non_neg"}),
        second=partial(Towers, kernel_constraint="unit_norm"),
        change="The kernel of the right tower is held to a norm of one, not above zero.",
        culprit=("tower_right", "tower_right/kernel"),
        family="constraint",
    ),
    _different(
        "bias_of_one_tower_starts_at_one",
        first=partial(_towers, right={"bias_initializer": "ones"}),
        second=Towers,
        change="The bias of the right tower starts at zero, not at one.",
        culprit=("tower_right", "tower_right/bias"),
        family="initializer",
    ),
    _different(
        "towers_shared",
        first=partial(_towers, right={"activation": "relu"}),
        second=partial(_towers, shared=True),
        change="One tower reads both inputs.",
        culprit=("tower_left", "tower_right", "tower_right/kernel", "tower_right/bias"),
        family="sharing",
    ),
    _different(
        "difference_turned",
        first=partial(_combined, "difference"),
        second=partial(_combined, "difference turned"),
        change="The left tower is subtracted from the right one.",
        culprit=("tower_left", "tower_right", "out"),
        family="order",
    ),
    _different(
        "distance_for_difference",
        first=partial(_combined, "difference"),
        second=partial(_combined, "distance"),
        change="The difference of the towers has lost its sign.",
        culprit=("tower_left", "tower_right", "out"),
        family="operation",
    ),
    _different(
        "product_for_sum",
        first=partial(_combined, "sum"),
        second=partial(_combined, "product"),
        change="The towers are multiplied, not added.",
        culprit=("tower_left", "tower_right", "out"),
        family="operation",
    ),
    _different(
        "average_for_sum",
        first=partial(_combined, "sum"),
        second=partial(_combined, "average"),
        change="The towers are averaged, not added.",
        culprit=("tower_left", "tower_right", "out"),
        family="operation",
    ),
    _different(
        "greater_for_sum",
        first=partial(_combined, "sum"),
        second=partial(_combined, "greater"),
        change="The greater of both towers is taken, not their sum.",
        culprit=("tower_left", "tower_right", "out"),
        family="operation",
    ),
    _different(
        "encoders_not_shared",
        first=_siamese,
        second=partial(Siamese, shared=False),
        change="The class has an encoder for each input.",
        culprit=("encoder", "other", "other/kernel", "other/bias"),
        family="sharing",
    ),
    _different(
        "dot_not_normalized",
        first=_siamese,
        second=partial(Siamese, shared=True, normalize=False),
        change="The class multiplies what it has not normalized.",
        culprit=("dot", "encoder", "drop"),
        family="missing",
    ),
    _different(
        "dropout_of_one_side",
        first=_siamese,
        second=partial(Siamese, shared=True, drop=0.4),
        change="Twice as much of the left side is dropped.",
        culprit=("drop",),
        family="random",
    ),
    _different(
        "side_output_not_activated",
        first=_two_outputs,
        second=partial(TwoOutputs, activation="linear"),
        change="The second output lacks its softmax.",
        culprit=("side",),
        family="activation",
    ),
    _different(
        "side_output_sigmoid",
        first=_two_outputs,
        second=partial(TwoOutputs, activation="sigmoid"),
        change="The second output is a sigmoid of each class, not a softmax.",
        culprit=("side",),
        family="activation",
    ),
    _different(
        "side_output_from_deeper",
        first=_two_outputs,
        second=partial(TwoOutputs, from_deep=True),
        change="The second output comes from the deeper layer, which is as wide.",
        culprit=("side", "deep", "body"),
        family="order",
    ),
    _different(
        "side_output_without_gradient",
        first=_two_outputs,
        second=partial(TwoOutputs, stop=True),
        change="The second output no longer trains the body.",
        culprit=("side", "body"),
        family="gradient",
    ),
    _different(
        "one_input_scaled",
        first=_two_outputs,
        second=partial(TwoOutputs, scale=0.1),
        change="The class scales the right input before it joins both.",
        culprit=("right", "join", "body"),
        family="operation",
    ),
    _different(
        "penalty_of_the_side_output",
        first=partial(_two_outputs, penalty=0.01),
        second=_two_outputs,
        change="The second output has lost the penalty on what it gives.",
        culprit=("side",),
        family="regularizer",
    ),
    _different(
        "main_output_without_gradient",
        first=_two_outputs,
        second=partial(_two_outputs, frozen=True),
        change="No gradient flows back from the first output.",
        culprit=("main",),
        family="gradient",
    ),
    _different(
        "loss_weights",
        first=_compiled,
        second=partial(_compiled, build=TwoOutputs, weights=(1.0, 0.4)),
        change="The loss of the second output counts less.",
        culprit=("loss", "side"),
        family="compile",
    ),
    _different(
        "loss_weights_turned",
        first=_compiled,
        second=partial(_compiled, weights=(0.5, 1.0)),
        change="The weights of the two losses are swapped.",
        culprit=("loss", "main", "side"),
        family="compile",
    ),
    _different(
        "losses_turned",
        first=_compiled,
        second=partial(_compiled, turn=True),
        change="Each output has the loss of the other.",
        culprit=("loss", "main", "side"),
        family="compile",
    ),
    _different(
        "shift_before_scale",
        first=partial(_gated, keras.activations.sigmoid),
        second=partial(_gated, keras.activations.sigmoid, turn=True),
        change="Features are shifted before they are scaled.",
        culprit=("scale", "shift", "norm", "pool"),
        family="order",
    ),
    _different(
        "gate_of_tanh",
        first=partial(_gated, keras.activations.sigmoid),
        second=partial(_gated, keras.activations.tanh),
        change="The gate is a tanh, not a sigmoid.",
        culprit=("scale",),
        family="activation",
    ),
]
