"""Pairs of convolutional networks that are one network, written in two ways."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras

from . import Pair

__all__ = ["PAIRS"]

_equal = partial(Pair, kind="convolution", one_network=True)


def _separable(one_layer: bool) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    if one_layer:
        x = keras.layers.SeparableConv2D(8, 3, padding="same", activation="relu")(inputs)
        x = keras.layers.SeparableConv2D(8, 3, padding="same", activation="relu")(x)
    else:
        x = inputs
        points = [keras.layers.Conv2D(8, 1, activation="relu") for _ in range(2)]
        depths = [keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False) for _ in range(2)]
        for depth, point in zip(depths, points, strict=True):
            x = point(depth(x))
    return keras.Model(inputs, x)


def _residual_functional() -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(inputs)
    for number in range(3):
        y = keras.layers.BatchNormalization(name=f"block{number}_norm")(x)
        y = keras.layers.Activation("relu", name=f"block{number}_relu")(y)
        y = keras.layers.Conv2D(8, 3, padding="same", use_bias=False, name=f"block{number}_conv")(y)
        x = keras.layers.Add(name=f"block{number}_add")([x, y])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="out")(x))


class Block(keras.layers.Layer):
    """A residual block, with built-in or hand-written normalization."""

    def __init__(self, norm: type[keras.layers.Layer], **options: Any):
        super().__init__(**options)
        self.conv = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)
        self.norm = norm()

    def build(self, shape):
        self.conv.build(shape)
        self.norm.build(shape)

    def call(self, x, training=None):
        return self.conv(keras.ops.relu(self.norm(x, training=training))) + x


class OwnBatchNormalization(keras.layers.Layer):
    """Batch normalization, written by hand."""

    def build(self, shape):
        size = (shape[-1],)
        self.variance = self.add_weight(name="variance", shape=size, initializer="ones", trainable=False)
        self.mean = self.add_weight(name="mean", shape=size, initializer="zeros", trainable=False)
        self.shift = self.add_weight(name="shift", shape=size, initializer="zeros")
        self.scale = self.add_weight(name="scale", shape=size, initializer="ones")

    def call(self, x, training=None):
        mean, variance = self.mean, self.variance
        if training:
            mean = keras.ops.mean(x, axis=(0, 1, 2))
            variance = keras.ops.mean(keras.ops.square(x - mean), axis=(0, 1, 2))
            self.mean.assign(0.99 * self.mean + 0.01 * mean)
            self.variance.assign(0.99 * self.variance + 0.01 * variance)
        return (x - mean) / keras.ops.sqrt(variance + 0.001) * self.scale + self.shift


class ResidualClass(keras.Model):
    """A class with residual blocks in a list, which makes its head first."""

    def __init__(self, norm: type[keras.layers.Layer]):
        super().__init__()
        self.head = keras.layers.Dense(3)
        self.blocks = [Block(norm) for _ in range(3)]
        self.stem = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)

    def call(self, x, training=None):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(keras.ops.mean(x, axis=[1, 2]))


def _residual_of_models() -> keras.Model:
    """Residual blocks as nested models."""

    def block() -> keras.Model:
        inputs = keras.Input((None, None, 8))
        conv = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)
        y = keras.Sequential([keras.layers.BatchNormalization(), keras.layers.ReLU(), conv])(inputs)
        return keras.Model(inputs, keras.layers.add([y, inputs]))

    body = keras.Sequential([block(), keras.Sequential([block(), block()])])
    inputs = keras.Input((8, 8, 3))
    x = body(keras.layers.Conv2D(8, 3, padding="same", use_bias=False)(inputs))
    x = keras.layers.Flatten()(keras.layers.AveragePooling2D(8)(x))
    return keras.Model(inputs, keras.layers.Dense(3)(x))


def _inception(backwards: bool) -> keras.Model:
    inputs = keras.Input((8, 8, 3))

    def branch(size: int, rate: int) -> Any:
        x = keras.layers.Conv2D(4, size, padding="same", dilation_rate=rate)(inputs)
        return keras.layers.BatchNormalization()(x)

    choices = [(1, 1), (3, 1), (3, 2), (1, 1)]
    if backwards:
        made = [branch(*choice) for choice in reversed(choices)]
        joined = keras.layers.concatenate(list(reversed(made)))
    else:
        joined = keras.layers.Concatenate(axis=-1)([branch(*choice) for choice in choices])
    return keras.Model(inputs, keras.layers.Conv2D(3, 1)(keras.layers.ReLU()(joined)))


def _mobile_layers() -> keras.Model:
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.ZeroPadding2D(((0, 1), (0, 1))),
            layers.Conv2D(8, 3, strides=2, kernel_initializer="he_normal"),
            layers.BatchNormalization(epsilon=1e-5),
            layers.ReLU(max_value=6.0),
            layers.Dropout(0.25),
            layers.DepthwiseConv2D(3, padding="same"),
            layers.ReLU(6.0),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(4, kernel_regularizer="l2"),
        ]
    )


class MobileClass(keras.Model):
    """The same with operations in place of most layers without weights."""

    def __init__(self):
        super().__init__()
        self.drops = [keras.layers.Dropout(0.25), keras.layers.Dropout(0.25)]
        self.out = keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L2(0.01))
        self.depth = keras.layers.DepthwiseConv2D(3, padding="same")
        self.norm = keras.layers.BatchNormalization(epsilon=0.00001)
        self.conv = keras.layers.Conv2D(8, 3, strides=2, padding="same", kernel_initializer="he_normal")

    def call(self, inputs, training=None):
        x = self.norm(self.conv(inputs), training=training)
        x = self.drops[1](keras.ops.relu6(x), training=training)
        x = keras.ops.clip(self.depth(x), 0.0, 6.0)
        x = self.drops[0](x, training=training)
        return self.out(keras.ops.reshape(x, (-1, 4 * 4 * 8)))


def _pooled(layers: bool) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    conv = keras.layers.Conv2D(4, 3, padding="same", activation="elu")
    if layers:
        x = keras.layers.MaxPooling2D()(conv(inputs))
        x = keras.layers.UpSampling2D()(x)
        x = keras.layers.Permute((2, 1, 3))(x)
    else:
        x = keras.ops.max(keras.ops.reshape(conv(inputs), (-1, 4, 2, 4, 2, 4)), axis=(2, 4))
        x = keras.ops.repeat(keras.ops.repeat(x, 2, axis=1), 2, axis=2)
        x = keras.ops.transpose(x, (0, 2, 1, 3))
    return keras.Model(inputs, keras.layers.Conv2D(2, 3)(x))


def _squeezed() -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(8, 3, activation="relu")(inputs)
    scale = keras.layers.GlobalAveragePooling2D(keepdims=True)(x)
    scale = keras.layers.Dense(8, activation="relu")(scale)
    scale = keras.layers.Dense(8, activation="sigmoid")(scale)
    x = keras.layers.Multiply()([x, scale])
    return keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(x))


class Squeeze(keras.layers.Layer):
    """Squeeze and excite as a layer."""

    def __init__(self):
        super().__init__()
        self.excite = keras.layers.Dense(8, activation="sigmoid", name="fc2")
        self.squeeze = keras.layers.Dense(8, activation="relu", name="fc1")

    def build(self, shape):
        self.squeeze.build((None, shape[-1]))
        self.excite.build((None, 8))

    def call(self, x):
        scale = self.excite(self.squeeze(keras.ops.mean(x, axis=(1, 2))))
        return keras.ops.expand_dims(keras.ops.expand_dims(scale, 1), 1) * x


class SqueezedClass(keras.Model):
    """The same as a class around that layer."""

    def __init__(self):
        super().__init__()
        self.squeeze = Squeeze()
        self.conv = keras.layers.Conv2D(8, (3, 3))

    def call(self, inputs):
        return keras.ops.amax(self.squeeze(keras.activations.relu(self.conv(inputs))), axis=(1, 2))


def _rows(layer: bool) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    dense = keras.layers.Dense(4, activation="tanh")
    if layer:
        conv = keras.layers.Conv1D(4, 3, padding="causal")
        x = keras.layers.TimeDistributed(conv)(keras.layers.TimeDistributed(dense)(inputs))
        x = keras.layers.Reshape((8, 32))(x)
    else:
        x = keras.ops.reshape(dense(inputs), (-1, 8, 4))
        x = keras.layers.Conv1D(4, 3)(keras.ops.pad(x, ((0, 0), (2, 0), (0, 0))))
        x = keras.ops.reshape(x, (-1, 8, 32))
    return keras.Model(inputs, x)


def _shared_pyramid(loop: bool) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    head = keras.layers.Conv2D(3, 3, padding="same", activation="relu")
    if loop:
        levels, x = [], inputs
        for _ in range(3):
            x = head(x)
            levels.append(x)
        return keras.Model(inputs, keras.layers.Add()(levels))
    one = head(inputs)
    two = head(one)
    return keras.Model(inputs, head(two) + (two + one))


def _cut(clone: bool) -> keras.Model:
    """A model that ends at an inner layer of another, which may be a clone."""
    model = _residual_functional()
    if clone:
        model = keras.models.clone_model(model)
    return keras.Model(model.input, model.get_layer("block1_add").output)


class CutClass(keras.Model):
    """The same part of the network, as a class."""

    def __init__(self):
        super().__init__()
        self.second = Block(keras.layers.BatchNormalization)
        self.first = Block(keras.layers.BatchNormalization)
        self.stem = keras.layers.Conv2D(8, 3, padding="same", use_bias=False)

    def call(self, x, training=None):
        return self.second(self.first(self.stem(x), training=training), training=training)


def _compiled(model: keras.Model, **options: Any) -> keras.Model:
    model.compile(**options)
    return model


def _normalized_input(inside: bool) -> keras.Model:
    inputs = keras.Input((8, 8, 3))
    convs = [keras.layers.Conv2D(3, 3, name=name) for name in ("b", "a")]
    if inside:
        x = keras.layers.Rescaling(1.0 / 127.5, offset=-1)(inputs)
        x = keras.layers.LeakyReLU(0.1)(convs[0](x))
        x = keras.layers.LeakyReLU(0.1)(convs[1](x))
        x = keras.layers.Cropping2D(1)(x)
    else:
        x = inputs / 127.5 - 1.0
        for conv in (convs[1], convs[0]):
            x = conv(x)
            x = keras.ops.where(x > 0, x, 0.1 * x)
        x = x[:, 1:-1, 1:-1]
    return keras.Model(inputs, x)


PAIRS = [
    _equal(
        "separable_in_two",
        first=partial(_separable, one_layer=True),
        second=partial(_separable, one_layer=False),
        change="Separable convolutions are written as depthwise and pointwise ones, the pointwise ones made first.",
        family="flattened",
    ),
    _equal(
        "residual_blocks_as_layers",
        first=_residual_functional,
        second=partial(ResidualClass, keras.layers.BatchNormalization),
        change="A loop over residual blocks becomes a class with a list of layers of one's own.",
        family="class",
    ),
    _equal(
        "residual_blocks_as_models",
        first=_residual_functional,
        second=_residual_of_models,
        change="Residual blocks become functional models in Sequentials, and pooling is over the whole image.",
        family="nested",
    ),
    _equal(
        "own_batch_normalization",
        first=_residual_functional,
        second=partial(ResidualClass, OwnBatchNormalization),
        change="Batch normalization is written by hand, with its variables in another order and under other names.",
        family="custom layer",
    ),
    _equal(
        "inception_backwards",
        first=partial(_inception, backwards=False),
        second=partial(_inception, backwards=True),
        change="Parallel branches, some of equal shape, are called last to first and joined in the same order.",
        family="reordered",
    ),
    _equal(
        "mobile_as_operations",
        first=_mobile_layers,
        second=MobileClass,
        change="Padding, ceilings and flattening become arguments and operations in a class made in another order.",
        family="operations",
    ),
    _equal(
        "pooling_by_reshape",
        first=partial(_pooled, layers=True),
        second=partial(_pooled, layers=False),
        change="Pooling, enlarging and turning are written as operations.",
        family="operations",
    ),
    _equal(
        "squeeze_as_layer",
        first=_squeezed,
        second=SqueezedClass,
        change="Squeeze and excite becomes a layer of one's own, its two square dense layers made in the other order.",
        family="custom layer",
    ),
    _equal(
        "time_distributed_rows",
        first=partial(_rows, layer=True),
        second=partial(_rows, layer=False),
        change="A causal convolution over rows is written for all rows as one batch, padded by hand.",
        family="flattened",
    ),
    _equal(
        "shared_head_written_out",
        first=partial(_shared_pyramid, loop=True),
        second=partial(_shared_pyramid, loop=False),
        change="A loop over one convolution is written out, and the sum taken in another order.",
        family="shared",
    ),
    _equal(
        "cut_out_of_a_clone",
        first=partial(_cut, clone=False),
        second=partial(_cut, clone=True),
        change="The first layers are cut out of a model, and out of its clone.",
        family="functional",
    ),
    _equal(
        "cut_or_written",
        first=partial(_cut, clone=True),
        second=CutClass,
        change="The first layers are cut out of a model, or written as a class that makes its blocks backwards.",
        family="reordered",
    ),
    _equal(
        "compiled_block_by_block",
        first=lambda: _compiled(_residual_functional(), optimizer="sgd", loss="mse"),
        second=lambda: _compiled(
            ResidualClass(keras.layers.BatchNormalization),
            optimizer=keras.optimizers.SGD(0.01),
            loss=keras.losses.MeanSquaredError(),
        ),
        change="A compiled model becomes a class, compiled with objects for names.",
        family="class",
    ),
    _equal(
        "names_crossed",
        first=partial(_normalized_input, inside=True),
        second=partial(_normalized_input, inside=False),
        change="Two convolutions of one shape have swapped names, and layers without weights become operations.",
        family="renamed",
    ),
]
