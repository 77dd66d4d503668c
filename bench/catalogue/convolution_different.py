"""Networks of convolutions that differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_different = partial(Pair, kind="convolution", one_network=False)


def _layers(**changes: dict[str, Any]) -> dict[str, keras.layers.Layer]:
    def options(name: str, **usual: Any) -> dict[str, Any]:
        return {"name": name, **usual, **changes.get(name, {})}

    return {
        "stem": keras.layers.Conv2D(**options("stem", filters=8, kernel_size=3, padding="same", use_bias=False)),
        "norm": keras.layers.BatchNormalization(**options("norm")),
        "rectify": keras.layers.ReLU(**options("rectify")),
        "depth": keras.layers.DepthwiseConv2D(**options("depth", kernel_size=3, padding="same")),
        "point": keras.layers.Conv2D(**options("point", filters=8, kernel_size=1, activation="relu")),
        "drop": keras.layers.SpatialDropout2D(**options("drop", rate=0.2)),
        "pool": keras.layers.GlobalAveragePooling2D(**options("pool")),
        "out": keras.layers.Dense(**options("out", units=3)),
    }


def _functional(**changes: dict[str, Any]) -> keras.Model:
    inputs = x = keras.Input((8, 8, 3))
    for layer in _layers(**changes).values():
        x = layer(x)
    return keras.Model(inputs, x)


class Stack(keras.Model):
    """The same stack as a class."""

    order = ("stem", "norm", "rectify", "depth", "point", "drop", "pool", "out")

    def __init__(self, **changes: dict[str, Any]):
        super().__init__()
        self.parts = list(_layers(**changes).values())

    def call(self, x, training=None):
        parts = {part.name: part for part in self.parts}
        for name in self.order:
            options = {"training": training} if name in ("norm", "drop") else {}
            x = parts[name](x, **options)
        return x


class RectifyFirst(Stack):
    order = ("stem", "rectify", "norm", "depth", "point", "drop", "pool", "out")


class PointFirst(Stack):
    order = ("stem", "norm", "rectify", "point", "depth", "drop", "pool", "out")


class NoRectify(Stack):
    order = ("stem", "norm", "depth", "point", "drop", "pool", "out")


def _frozen_norm() -> keras.Model:
    model = _functional()
    model.get_layer("norm").trainable = False
    return model


def _padded(by_hand: bool) -> keras.Model:
    inputs = x = keras.Input((8, 8, 3))
    if by_hand:
        x = keras.layers.ZeroPadding2D(1, name="pad")(x)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="valid" if by_hand else "same", name="down")(x)
    return keras.Model(inputs, keras.layers.Conv2D(4, 3, name="conv")(keras.layers.ReLU(name="rectify")(x)))


def _between(layer: Callable[[], Callable[[Any], Any]], pooled: bool = True) -> keras.Model:
    """A model with a layer between two convolutions, or after a single one."""
    inputs = keras.Input((8, 8, 3))
    x = layer()(keras.layers.Conv2D(8, 3, padding="same", name="before")(inputs))
    if pooled:
        x = keras.layers.GlobalMaxPooling2D(name="pool")(keras.layers.Conv2D(4, 3, name="after")(x))
    return keras.Model(inputs, x)


def _flattened(transposed: bool) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="conv")(inputs)
    if transposed:
        x = keras.ops.transpose(x, (0, 3, 1, 2))
    x = keras.layers.Flatten(name="flat")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


class Block(keras.layers.Layer):
    """A residual block with a choice of mistakes."""

    def __init__(self, add: str = "before", factor: float = 1.0, gamma: str = "ones", **options: Any):
        super().__init__(**options)
        self.add = add
        self.factor = factor
        self.conv_1 = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv_1")
        self.norm_1 = keras.layers.BatchNormalization(name="norm_1")
        self.conv_2 = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv_2")
        self.norm_2 = keras.layers.BatchNormalization(name="norm_2", gamma_initializer=gamma)

    def build(self, shape):
        for layer in (self.conv_1, self.norm_1, self.conv_2, self.norm_2):
            layer.build(shape)

    def call(self, x, training=None):
        y = keras.ops.relu(self.norm_1(self.conv_1(x), training=training))
        y = self.norm_2(self.conv_2(y), training=training) * self.factor
        if self.add == "before":
            return keras.ops.relu(x + y)
        return x + keras.ops.relu(y) if self.add == "after" else keras.ops.relu(y)


class Residual(keras.Model):
    """Two residual blocks; the options are those of the last one."""

    def __init__(self, **options: Any):
        super().__init__()
        self.stem = keras.layers.Conv2D(8, 1, name="stem")
        self.block_1 = Block(name="block_1")
        self.block_2 = Block(name="block_2", **options)
        self.out = keras.layers.Dense(3, name="out")

    def call(self, inputs, training=None):
        x = self.block_2(self.block_1(self.stem(inputs), training=training), training=training)
        return self.out(keras.ops.mean(x, axis=(1, 2)))


def _called(**options: Any) -> keras.Model:
    model = Residual(**options)
    model(keras.ops.zeros((1, 8, 8, 3)))
    return model


def _residual() -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 1, name="stem")(inputs)
    for number in (1, 2):
        y = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name=f"block_{number}_conv_1")(x)
        y = keras.layers.BatchNormalization(name=f"block_{number}_norm_1")(y)
        y = keras.layers.ReLU(name=f"block_{number}_rectify_1")(y)
        y = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name=f"block_{number}_conv_2")(y)
        y = keras.layers.BatchNormalization(name=f"block_{number}_norm_2")(y)
        x = keras.layers.ReLU(name=f"block_{number}_rectify_2")(keras.layers.Add(name=f"block_{number}_add")([x, y]))
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


class Squeeze(keras.layers.Layer):
    """Squeeze and excite, with a choice of gate that is not visible from outside."""

    def __init__(self, gate: Callable[[Any], Any], **options: Any):
        super().__init__(**options)
        self.gate = gate
        self.down = keras.layers.Dense(2, activation="relu", name="down")
        self.up = keras.layers.Dense(8, name="up")

    def build(self, shape):
        self.down.build((shape[0], shape[-1]))
        self.up.build((shape[0], 2))

    def call(self, x):
        scale = self.gate(self.up(self.down(keras.ops.mean(x, axis=(1, 2)))))
        return x * scale[:, None, None, :]


def _compiled(build: Callable[[], keras.Model], weight_decay: float, smoothing: float) -> keras.Model:
    model = build()
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=weight_decay), loss=loss)
    return model


def _autoencoder(interpolation: str) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="down")(inputs)
    x = keras.layers.UpSampling2D(2, interpolation=interpolation, name="up")(x)
    return keras.Model(inputs, keras.layers.Conv2D(3, 3, padding="same", name="out")(x))


_RESIDUAL_PLACES = ("block_2", "norm_2", "conv_2", "block_2_norm_2", "block_2_add", "block_2_rectify_2")

PAIRS = [
    _different(
        "padding_valid_behind_pooling",
        first=_functional,
        second=partial(Stack, stem={"padding": "valid"}),
        change="The first convolution does not pad, which the shapes after global pooling do not show.",
        culprit=("stem",),
        family="padding",
    ),
    _different(
        "strides_behind_pooling",
        first=_functional,
        second=partial(Stack, point={"strides": 2}),
        change="The pointwise convolution takes every other pixel.",
        culprit=("point",),
        family="configuration",
    ),
    _different(
        "dilated",
        first=partial(Stack, depth={"dilation_rate": 2}),
        second=_functional,
        change="The depthwise convolution is dilated in the class.",
        culprit=("depth",),
        family="configuration",
    ),
    _different(
        "norm_over_rows",
        first=_functional,
        second=partial(Stack, norm={"axis": 1}),
        change="Batch normalization is over the rows, of which there are as many as channels.",
        culprit=("norm",),
        family="axis",
    ),
    _different(
        "norm_momentum_in_class",
        first=_functional,
        second=partial(Stack, norm={"momentum": 0.997}),
        change="The moving statistics have the momentum of another paper.",
        culprit=("norm", "norm/moving_mean", "norm/moving_variance"),
        family="state",
    ),
    _different(
        "norm_epsilon_small",
        first=_functional,
        second=partial(Stack, norm={"epsilon": 1.001e-5}),
        change="Batch normalization has the epsilon of the Keras applications.",
        culprit=("norm",),
        family="configuration",
    ),
    _different(
        "norm_frozen",
        first=_functional,
        second=_frozen_norm,
        change="Batch normalization is frozen, so it neither learns nor takes the statistics of the batch.",
        culprit=("norm", "norm/gamma", "norm/beta"),
        family="trainable",
    ),
    _different(
        "rectified_before_the_norm",
        first=_functional,
        second=RectifyFirst,
        change="The class calls ReLU before batch normalization.",
        culprit=("norm", "rectify"),
        family="order",
    ),
    _different(
        "pointwise_before_depthwise",
        first=_functional,
        second=PointFirst,
        change="The class calls the pointwise convolution before the depthwise one, both of which keep all shapes.",
        culprit=("depth", "point"),
        family="order",
    ),
    _different(
        "rectifier_forgotten",
        first=_functional,
        second=NoRectify,
        change="The class does not call its ReLU.",
        culprit=("rectify", "norm", "depth"),
        family="missing",
    ),
    _different(
        "relu6_for_relu",
        first=_functional,
        second=partial(Stack, rectify={"max_value": 6.0}),
        change="The class has the ReLU of MobileNet, with a ceiling of 6.",
        culprit=("rectify",),
        family="activation",
    ),
    _different(
        "depthwise_penalty_forgotten",
        first=partial(_functional, depth={"depthwise_regularizer": "l2"}),
        second=partial(Stack, depth={"activity_regularizer": "l2"}),
        change="The penalty is on what the depthwise convolution gives, no longer on its kernel.",
        culprit=("depth", "depth/kernel", "depth/depthwise_kernel"),
        family="regularizer",
    ),
    _different(
        "spatial_dropout_rate",
        first=_functional,
        second=partial(Stack, drop={"rate": 0.5}),
        change="Half of the channels are dropped instead of a fifth.",
        culprit=("drop",),
        family="random",
    ),
    _different(
        "padding_by_hand_with_strides",
        first=partial(_padded, by_hand=False),
        second=partial(_padded, by_hand=True),
        change="Padding by one on all sides, as in PyTorch, stands for padding 'same', which pads at the end alone.",
        culprit=("down", "pad"),
        family="padding",
    ),
    _different(
        "max_for_average_pooling",
        first=partial(_between, partial(keras.layers.AveragePooling2D, 2, name="shrink")),
        second=partial(_between, partial(keras.layers.MaxPooling2D, 2, name="shrink")),
        change="The maximum is pooled, not the average.",
        culprit=("shrink",),
        family="operation",
    ),
    _different(
        "max_for_average_in_operations",
        first=partial(_between, lambda: partial(keras.ops.mean, axis=(1, 2)), pooled=False),
        second=partial(_between, lambda: partial(keras.ops.max, axis=(1, 2)), pooled=False),
        change="The maximum over the pixels is taken at the end, not their mean.",
        culprit=("before",),
        family="operation",
    ),
    _different(
        "image_transposed",
        first=partial(_between, partial(keras.layers.Permute, (1, 2, 3), name="turn")),
        second=partial(_between, partial(keras.layers.Permute, (2, 1, 3), name="turn")),
        change="Rows and columns are swapped before the second convolution.",
        culprit=("turn", "before", "after"),
        family="axis",
    ),
    _different(
        "flattened_channels_first",
        first=partial(_flattened, transposed=False),
        second=partial(_flattened, transposed=True),
        change="The features are flattened with the channels first, as in PyTorch.",
        culprit=("flat", "conv", "out"),
        family="axis",
    ),
    _different(
        "residual_added_after_activation",
        first=_residual,
        second=partial(Residual, add="after"),
        change="The second block of the class adds its input after the last ReLU instead of before it.",
        culprit=_RESIDUAL_PLACES,
        family="order",
    ),
    _different(
        "residual_forgotten",
        first=_residual,
        second=partial(Residual, add="never"),
        change="The second block of the class does not add its input.",
        culprit=_RESIDUAL_PLACES,
        family="missing",
    ),
    _different(
        "residual_scaled",
        first=_residual,
        second=partial(Residual, factor=0.2),
        change="The second block of the class scales its branch by 0.2.",
        culprit=_RESIDUAL_PLACES,
        family="operation",
    ),
    _different(
        "zero_gamma",
        first=_residual,
        second=partial(Residual, gamma="zeros"),
        change="The last gamma of the second block starts at zero.",
        culprit=("block_2", "norm_2", "block_2_norm_2", "norm_2/gamma", "block_2/norm_2/gamma", "block_2_norm_2/gamma"),
        family="initializer",
    ),
    _different(
        "zero_gamma_hides_the_factor",
        first=partial(_called, gamma="zeros"),
        second=partial(Residual, gamma="zeros", factor=0.5),
        change="The branch is halved, behind a gamma that starts at zero.",
        culprit=_RESIDUAL_PLACES,
        family="operation",
    ),
    _different(
        "hard_gate_in_squeeze",
        first=partial(_between, partial(Squeeze, keras.activations.sigmoid, name="squeeze")),
        second=partial(_between, partial(Squeeze, keras.activations.hard_sigmoid, name="squeeze")),
        change="The gate of squeeze and excite is a hard sigmoid.",
        culprit=("squeeze",),
        family="activation",
    ),
    _different(
        "weight_decay",
        first=partial(_compiled, _functional, 1e-4, 0.1),
        second=partial(_compiled, Stack, 5e-4, 0.1),
        change="The optimizer decays the weights five times as much.",
        culprit=("optimizer",),
        family="compile",
    ),
    _different(
        "label_smoothing",
        first=partial(_compiled, _functional, 1e-4, 0.1),
        second=partial(_compiled, Stack, 1e-4, 0.0),
        change="The labels are not smoothed.",
        culprit=("loss",),
        family="compile",
    ),
    _different(
        "upsampling_bilinear",
        first=partial(_autoencoder, "nearest"),
        second=partial(_autoencoder, "bilinear"),
        change="The image is enlarged by interpolation instead of repetition.",
        culprit=("up",),
        family="configuration",
    ),
    _different(
        "half_precision",
        first=_functional,
        second=partial(_functional, point={"dtype": "mixed_float16"}),
        change="The pointwise convolution computes in half precision.",
        culprit=("point",),
        family="dtype",
    ),
]
