"""Small reconstructions of public threads that ask whether two Keras models are one network.

The docstring of each builder says what comes from the thread, and what was added. `LINKS` has the thread of each
family. `BATCHES` has a function for each pair that needs its own data: it returns (inputs, targets), or only the inputs
if the training step needs no targets. Each of a pair's culprits is a right answer: they are names of layers of either
model, of variables, or of settings of `compile`.

Written for Keras 3. Only models with a custom training step need TensorFlow, for its gradients.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

from . import Pair

Tensor = Any
Batch = Any

LINKS = {
    "keras#12977": "https://github.com/keras-team/keras/issues/12977",
    "keras#13047": "https://github.com/keras-team/keras/issues/13047",
    "keras#13723": "https://github.com/keras-team/keras/issues/13723",
    "keras#19993": "https://github.com/keras-team/keras/issues/19993",
    "keras#20320": "https://github.com/keras-team/keras/issues/20320",
    "keras#20507": "https://github.com/keras-team/keras/issues/20507",
    "keras#20577": "https://github.com/keras-team/keras/issues/20577",
    "keras#21676": "https://github.com/keras-team/keras/issues/21676",
    "keras-cv#1401": "https://github.com/keras-team/keras-cv/pull/1401",
    "tensorflow#37581": "https://github.com/tensorflow/tensorflow/issues/37581",
    "tensorflow#56742": "https://github.com/tensorflow/tensorflow/issues/56742",
    "segmentation_models.pytorch#665": "https://github.com/qubvel-org/segmentation_models.pytorch/issues/665",
}


# keras#20577: "Different training behavior between Sequential- and subclassed model (with JAX backend)"


class Residual(layers.Layer):
    """Adds a layer's output to its inputs, like the thread's wrapper."""

    def __init__(self, inner: layers.Layer, **options: Any) -> None:
        super().__init__(**options)
        self.inner = inner

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Build the layer inside."""
        self.inner.build(shape)
        self.built = True

    def call(self, inputs: Tensor) -> Tensor:
        """Return the inputs plus the output of the layer inside."""
        return inputs + self.inner(inputs)


class Denoiser(keras.Model):
    """Two residual convolutions and a last one, as a class."""

    def __init__(self) -> None:
        super().__init__()
        self.before = layers.Conv1D(3, 3, padding="same", activation="relu")
        self.after = layers.Conv1D(3, 3, padding="same", activation="relu")
        self.last = layers.Conv1D(1, 3, padding="same")

    def call(self, inputs: Tensor) -> Tensor:
        """Add each convolution to its own inputs, without the wrapper."""
        x = inputs + self.before(inputs)
        x = x + self.after(x)
        return self.last(x)


def denoiser_sequential() -> keras.Model:
    """Build the thread's Sequential model, with its wrapper for residuals."""
    model = keras.Sequential(
        [
            keras.Input((16, 3)),
            Residual(layers.Conv1D(3, 3, padding="same", activation="relu")),
            Residual(layers.Conv1D(3, 3, padding="same", activation="relu")),
            layers.Conv1D(1, 3, padding="same"),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    return model


def denoiser_subclassed() -> keras.Model:
    """Build the thread's class: its losses were the same on TensorFlow, but not on JAX, due to the backend."""
    model = Denoiser()
    model(np.zeros((1, 16, 3), "float32"))
    model.compile(optimizer="adam", loss="mse")
    return model


# keras#12977: "training performance are different with exact same data and architecture"


def fuel_sequential() -> keras.Model:
    """Build the thread's regression in its original size: nine columns of a table, one number."""
    model = keras.Sequential(
        [keras.Input((9,)), layers.Dense(64, activation="relu"), layers.Dense(64, activation="relu"), layers.Dense(1)]
    )
    model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mean_absolute_error", "mean_squared_error"])
    return model


def fuel_functional() -> keras.Model:
    """Convert it as the thread did; there, the trainings differed, because weights start at random."""
    inputs = keras.Input((9,))
    x = layers.Dense(64, activation="relu")(inputs)
    x = layers.Dense(64, activation="relu")(x)
    model = keras.Model(inputs, layers.Dense(1)(x))
    model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mean_absolute_error", "mean_squared_error"])
    return model


# keras#13047: "model created through Sequential and Functional APIs behaves differently."

_FROZEN = 7


def mobile_base(inputs: Tensor | None = None) -> keras.Model:
    """Build a MobileNet of two blocks, in place of the thread's larger one."""
    if inputs is None:
        inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="conv1")(inputs)
    x = layers.BatchNormalization(name="conv1_bn")(x)
    x = layers.ReLU(6.0, name="conv1_relu")(x)
    for block, filters in ((1, 6), (2, 8)):
        x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"conv_dw_{block}")(x)
        x = layers.BatchNormalization(name=f"conv_dw_{block}_bn")(x)
        x = layers.ReLU(6.0, name=f"conv_dw_{block}_relu")(x)
        x = layers.Conv2D(filters, 1, use_bias=False, name=f"conv_pw_{block}")(x)
        x = layers.BatchNormalization(name=f"conv_pw_{block}_bn")(x)
        x = layers.ReLU(6.0, name=f"conv_pw_{block}_relu")(x)
    return keras.Model(inputs, layers.GlobalAveragePooling2D(name="pool")(x), name="mobilenet")


def faces_functional() -> keras.Model:
    """Put the head on the base's output, and freeze the first layers of the flat model, as the thread does."""
    inputs = keras.Input((16, 16, 3))
    model = keras.Model(inputs, layers.Dense(7, activation="softmax", name="head")(mobile_base(inputs).output))
    for layer in model.layers[:_FROZEN]:
        layer.trainable = False
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def faces_sequential() -> keras.Model:
    """Put base and head one after the other, and freeze the first layers of the base, as the thread does."""
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), mobile_base(), layers.Dense(7, activation="softmax", name="head")]
    )
    for layer in model.layers[0].layers[:_FROZEN]:
        layer.trainable = False
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def faces_all_frozen() -> keras.Model:
    """Freeze the first layers of the Sequential model itself: it has only two, so all are frozen (added here)."""
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), mobile_base(), layers.Dense(7, activation="softmax", name="head")]
    )
    for layer in model.layers[:_FROZEN]:
        layer.trainable = False
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


# keras#20320: "Model Accuracy Degradation by 6x when Switching TF_USE_LEGACY_KERAS"

_WORDS = 20


class Rescaled(layers.Layer):
    """Multiplies by the square root of the width, as Transformers often do; does not support masks."""

    def call(self, inputs: Tensor) -> Tensor:
        """Return the inputs times a number."""
        return inputs * 2.0


class RescaledWithMask(Rescaled):
    """The same, but passes the mask on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.supports_masking = True


class Translator(keras.Model):
    """The thread's encoder and decoder, as a class."""

    def __init__(self) -> None:
        super().__init__()
        self.source_words = layers.Embedding(_WORDS, 4, mask_zero=True)
        self.target_words = layers.Embedding(_WORDS, 4, mask_zero=True)
        self.scale = RescaledWithMask()
        self.encoder = layers.LSTM(8, return_state=True)
        self.decoder = layers.LSTM(8, return_sequences=True)
        self.next_word = layers.Dense(_WORDS, activation="softmax")

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        """Read the source, and start the decoder where the encoder ended."""
        source, target = inputs
        _, *state = self.encoder(self.scale(self.source_words(source)))
        return self.next_word(self.decoder(self.scale(self.target_words(target)), initial_state=state))


def _translator(scale: layers.Layer) -> keras.Model:
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    read = scale(layers.Embedding(_WORDS, 4, mask_zero=True, name="source_words")(source))
    _, *state = layers.LSTM(8, return_state=True, name="encoder")(read)
    said = scale(layers.Embedding(_WORDS, 4, mask_zero=True, name="target_words")(target))
    x = layers.LSTM(8, return_sequences=True, name="decoder")(said, initial_state=state)
    model = keras.Model([source, target], layers.Dense(_WORDS, activation="softmax", name="next_word")(x))
    model.compile(optimizer="nadam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def translator_functional() -> keras.Model:
    """Build the thread's encoder and decoder. Keras 2 and 3 both run this code, so compare the two versions."""
    return _translator(RescaledWithMask(name="scale"))


def translator_subclassed() -> keras.Model:
    """Build the same as a class (added here: the thread has one model, in two versions of Keras)."""
    model = Translator()
    model((np.ones((1, 5), "int32"), np.ones((1, 5), "int32")))
    model.compile(optimizer="nadam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def translator_without_masks() -> keras.Model:
    """Lose the masks between embedding and LSTM: a possible cause of the drop; the thread found none."""
    return _translator(Rescaled(name="scale"))


def sentences() -> Batch:
    """Return sentences of different lengths, padded with zeros, which only a mask leaves out."""
    random = np.random.default_rng(7)
    source, target, following = (random.integers(1, _WORDS, (8, 6)).astype("int32") for _ in range(3))
    for row, length in enumerate((6, 5, 4, 3, 2, 6, 4, 3)):
        for ids in (source, target, following):
            ids[row, length:] = 0
    return (source, target), following


# keras#19993: "Accuracy Drop Across TensorFlow Versions When Using Keras 3 Instead of Keras 2"


def _reader(recurrent: Callable[[Tensor], Tensor]) -> keras.Model:
    images = keras.Input((8, 16, 1), name="images")
    x = layers.Conv2D(4, 3, padding="same", name="conv")(images)
    x = layers.PReLU(shared_axes=[1, 2], name="prelu")(x)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.MaxPooling2D((2, 1), name="pool")(x)
    x = layers.Permute((2, 1, 3), name="columns_first")(x)
    x = layers.Reshape((16, 16), name="columns")(x)
    x = recurrent(x)
    model = keras.Model(images, layers.Dense(6, name="letters")(x))
    model.compile(optimizer=keras.optimizers.RMSprop(5e-4), loss=keras.losses.CTC())
    return model


class Reader(keras.Model):
    """A convolution, a bidirectional LSTM and the scores of letters, as a class."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = layers.Conv2D(4, 3, padding="same")
        self.rectifier = layers.PReLU(shared_axes=[1, 2])
        self.normalization = layers.BatchNormalization()
        self.pooling = layers.MaxPooling2D((2, 1))
        self.permutation = layers.Permute((2, 1, 3))
        self.columns = layers.Reshape((16, 16))
        self.recurrence = layers.Bidirectional(layers.LSTM(5, return_sequences=True, dropout=0.25))
        self.letters = layers.Dense(6)

    def call(self, images: Tensor, training: bool | None = None) -> Tensor:
        """Read the columns of the images from left to right and back."""
        x = self.rectifier(self.convolution(images))
        x = self.pooling(self.normalization(x, training=training))
        x = self.recurrence(self.columns(self.permutation(x)), training=training)
        return self.letters(x)


def reader_functional() -> keras.Model:
    """Build the thread's handwriting recognition: Keras 3's LSTM drops the same inputs at every step."""
    return _reader(
        layers.Bidirectional(layers.LSTM(5, return_sequences=True, dropout=0.25, name="lstm"), name="both_ways")
    )


def reader_subclassed() -> keras.Model:
    """Build the same as a class (added here)."""
    model = Reader()
    model(np.zeros((1, 8, 16, 1), "float32"))
    model.compile(optimizer=keras.optimizers.RMSprop(5e-4), loss=keras.losses.CTC())
    return model


def reader_of_keras_two() -> keras.Model:
    """Drop different inputs at each step, like Keras 2's LSTM on a GPU: the cause that maintainers found."""
    drop = layers.Dropout(0.25, name="drop_each_step")
    recurrence = layers.Bidirectional(layers.LSTM(5, return_sequences=True, name="lstm"), name="both_ways")
    return _reader(lambda x: recurrence(drop(x)))


def handwriting() -> Batch:
    """Return images with their letters, numbered from 1: 0 is the blank."""
    random = np.random.default_rng(7)
    return random.normal(size=(8, 8, 16, 1)).astype("float32"), random.integers(1, 6, (8, 4)).astype("int32")


# keras#20507: "Training discrepancy between Keras 2 and 3", which ends at keras#19649


class WrittenOut(layers.BatchNormalization):
    """Batch normalization in textbook order: the same mathematics, but rounded differently."""

    unbiased = False

    def call(self, inputs: Tensor, training: bool | None = None, mask: Tensor | None = None) -> Tensor:
        """Subtract, divide, multiply and add, one after the other."""
        mean, variance = self.moving_mean, self.moving_variance
        if training and self.trainable:
            mean, variance = keras.ops.moments(inputs, axes=[0, 1, 2])
            shape = keras.ops.shape(inputs)
            count = keras.ops.cast(shape[0] * shape[1] * shape[2], "float32")
            seen = variance * count / (count - 1) if self.unbiased else variance
            self.moving_mean.assign(self.moving_mean * self.momentum + mean * (1 - self.momentum))
            self.moving_variance.assign(self.moving_variance * self.momentum + seen * (1 - self.momentum))
        return (inputs - mean) / keras.ops.sqrt(variance + self.epsilon) * self.gamma + self.beta


class OfKerasTwo(WrittenOut):
    """Uses a batch's unbiased variance for the moving one, like Keras 2.15's fused batch normalization of images."""

    unbiased = True


def _squeezed(normalization: Callable[..., layers.Layer]) -> keras.Model:
    """Build a block of an EfficientNet: convolution, squeeze and excitation."""
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", use_bias=False, name="stem")(images)
    x = layers.Activation("swish", name="stem_swish")(normalization(name="stem_bn")(x))
    squeezed = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
    squeezed = layers.Conv2D(2, 1, activation="swish", name="reduce")(squeezed)
    x = layers.Multiply(name="excite")([x, layers.Conv2D(4, 1, activation="sigmoid", name="expand")(squeezed)])
    x = normalization(name="top_bn")(layers.Conv2D(6, 1, use_bias=False, name="top")(x))
    x = layers.GlobalAveragePooling2D(name="pool")(layers.Activation("swish", name="top_swish")(x))
    model = keras.Model(images, layers.Dense(3, name="logits")(x))
    model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def squeezed_layers() -> keras.Model:
    """Build a network like the thread's, with Keras's own batch normalization."""
    return _squeezed(layers.BatchNormalization)


def squeezed_written_out() -> keras.Model:
    """Round differently in batch normalization: the cause at which the thread ended (keras#19649)."""
    return _squeezed(WrittenOut)


def squeezed_of_keras_two() -> keras.Model:
    """Use another variance: a real difference between Keras 2.15 and 3 that the thread did not name."""
    return _squeezed(OfKerasTwo)


# keras#21676: "Differences in Model Weight Behavior Between Keras 2.15 and Keras 3"


def _with_backbone(frozen: bool) -> keras.Model:
    backbone = mobile_base()
    for layer in backbone.layers:
        if isinstance(layer, layers.BatchNormalization):
            random = np.random.default_rng(layer.moving_mean.shape[0])
            moving = (layer.moving_mean, layer.moving_variance)
            for variable, values in zip(moving, (random.normal(size=(99,)), random.uniform(1, 3, (99,))), strict=True):
                variable.assign(values[: variable.shape[0]].astype("float32"))
            layer.trainable = not frozen
    images = keras.Input((16, 16, 3))
    model = keras.Model(images, layers.Dense(4, activation="softmax", name="head")(backbone(images)))
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    return model


def restored_frozen() -> keras.Model:
    """Build the trained model: its batch normalizations are frozen, and use the variances stored with the weights."""
    return _with_backbone(frozen=True)


def restored_thawed() -> keras.Model:
    """Load the same weights, without freezing: inference is right, but the loss of the first step is not.

    The thread, which is still open, describes these symptoms without a cause; this is one way to get them.
    """
    return _with_backbone(frozen=False)


# keras#13723: "After the upgrade to 2.3.1, the validation accuracy dramatically decreased."


def hard_sigmoid_of_keras_two(x: Tensor) -> Tensor:
    """Return Keras 2's hard sigmoid, three straight pieces; that of Keras 3 has another slope."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


def _topics(recurrent_activation: str | Callable[[Tensor], Tensor]) -> keras.Model:
    ids = keras.Input((10,), dtype="int32", name="ids")
    x = layers.Embedding(30, 6, name="embedding")(ids)
    x = layers.SpatialDropout1D(0.2, name="dropout")(x)
    old = {"recurrent_activation": recurrent_activation, "reset_after": False}
    x = layers.GRU(8, return_sequences=True, name="gru_3", **old)(x)
    x = layers.GRU(4, name="gru_4", **old)(x)
    model = keras.Model(ids, layers.Dense(5, activation="softmax", name="topics")(x))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def topics_of_keras_225() -> keras.Model:
    """Build the layers of the thread's summary with the gates that were the default up to Keras 2.2."""
    return _topics(hard_sigmoid_of_keras_two)


def topics_of_keras_231() -> keras.Model:
    """Use the gates of Keras 2.3, whose release notes mention the change; the thread itself found no cause."""
    return _topics("sigmoid")


# keras-cv#1401: "Remove closures and use subclassed functional model"

_EPSILON = 1.001e-5


def block_closure(filters: int, stride: int, name: str) -> Callable[[Tensor], Tensor]:
    """Return a block of ResNetV2 as a function over tensors, as keras-cv had it."""

    def apply(x: Tensor) -> Tensor:
        before = layers.BatchNormalization(epsilon=_EPSILON, name=name + "_preact_bn")(x)
        before = layers.Activation("relu", name=name + "_preact_relu")(before)
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=name + "_0_conv")(before)
        x = layers.Conv2D(filters, 1, use_bias=False, name=name + "_1_conv")(before)
        x = layers.BatchNormalization(epsilon=_EPSILON, name=name + "_1_bn")(x)
        x = layers.Activation("relu", name=name + "_1_relu")(x)
        x = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False, name=name + "_2_conv")(x)
        x = layers.BatchNormalization(epsilon=_EPSILON, name=name + "_2_bn")(x)
        x = layers.Activation("relu", name=name + "_2_relu")(x)
        x = layers.Conv2D(4 * filters, 1, name=name + "_3_conv")(x)
        return layers.Add(name=name + "_out")([shortcut, x])

    return apply


class Block(layers.Layer):
    """The same block as a layer, which makes its shortcut last: its weights are in another order."""

    def __init__(self, filters: int, stride: int, epsilon: float, **options: Any) -> None:
        super().__init__(**options)
        self.preact_bn = layers.BatchNormalization(epsilon=epsilon)
        self.conv_1 = layers.Conv2D(filters, 1, use_bias=False)
        self.bn_1 = layers.BatchNormalization(epsilon=_EPSILON)
        self.conv_2 = layers.Conv2D(filters, 3, strides=stride, padding="same", use_bias=False)
        self.bn_2 = layers.BatchNormalization(epsilon=_EPSILON)
        self.conv_3 = layers.Conv2D(4 * filters, 1)
        self.shortcut = layers.Conv2D(4 * filters, 1, strides=stride)

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return the sum of shortcut and convolutions."""
        before = keras.ops.relu(self.preact_bn(inputs, training=training))
        x = keras.ops.relu(self.bn_1(self.conv_1(before), training=training))
        x = keras.ops.relu(self.bn_2(self.conv_2(x), training=training))
        return self.shortcut(before) + self.conv_3(x)


class ResNet(keras.Model):
    """A functional subclass: a class that is a functional model, as in keras-cv since then."""

    def __init__(self, epsilon: float) -> None:
        images = keras.Input((16, 16, 3))
        x = layers.Conv2D(4, 7, strides=2, padding="same", name="conv1_conv")(images)
        x = Block(2, 1, epsilon, name="v2_stack_0")(x)
        x = Block(3, 2, epsilon, name="v2_stack_1")(x)
        x = keras.ops.relu(layers.BatchNormalization(epsilon=_EPSILON, name="post_bn")(x))
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        super().__init__(images, layers.Dense(5, activation="softmax", name="predictions")(x))


def resnet_closures() -> keras.Model:
    """Build a ResNetV2 of two blocks from closures."""
    images = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 7, strides=2, padding="same", name="conv1_conv")(images)
    x = block_closure(2, 1, "conv2_block1")(x)
    x = block_closure(3, 2, "conv3_block1")(x)
    x = layers.BatchNormalization(epsilon=_EPSILON, name="post_bn")(x)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(layers.Activation("relu", name="post_relu")(x))
    model = keras.Model(images, layers.Dense(5, activation="softmax", name="predictions")(x))
    model.compile(optimizer="sgd", loss="categorical_crossentropy")
    return model


def resnet_subclassed() -> keras.Model:
    """Build it as the pull request does, whose authors compared the numbers in a notebook."""
    model = ResNet(_EPSILON)
    model.compile(optimizer="sgd", loss="categorical_crossentropy")
    return model


def resnet_other_epsilon() -> keras.Model:
    """Forget the epsilon of one normalization (added here: later pull requests had to carry it over)."""
    model = ResNet(1e-3)
    model.compile(optimizer="sgd", loss="categorical_crossentropy")
    return model


# tensorflow#37581: "tf.keras.Model.fit() training fails, custom training loop succeeds for identical model"


class Sampling(layers.Layer):
    """Draws around a mean; adds the divergence from the standard normal distribution to the losses."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(1337)

    def call(self, inputs: tuple[Tensor, Tensor]) -> Tensor:
        """Return the mean plus noise with this variance."""
        mean, log_variance = inputs
        self.add_loss(-0.5 * keras.ops.mean(log_variance - mean**2 - keras.ops.exp(log_variance) + 1))
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
        return mean + keras.ops.exp(0.5 * log_variance) * noise


class Autoencoder(keras.Model):
    """The variational autoencoder of the guide that the thread uses, trained by fit."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = layers.Dense(8, activation="relu")
        self.mean = layers.Dense(2)
        self.log_variance = layers.Dense(2)
        self.sampling = Sampling()
        self.decode = layers.Dense(8, activation="relu")
        self.pixels = layers.Dense(12, activation="sigmoid")

    def call(self, inputs: Tensor) -> Tensor:
        """Encode, draw, and decode."""
        x = self.encode(inputs)
        return self.pixels(self.decode(self.sampling((self.mean(x), self.log_variance(x)))))


class AutoencoderInOwnLoop(Autoencoder):
    """The same, trained by the loop that the guide also shows."""

    with_divergence = True

    def train_step(self, data: Batch) -> dict[str, Tensor]:
        """Take one step of the loop."""
        import tensorflow as tf

        inputs, targets, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = keras.ops.mean((self(inputs, training=True) - targets) ** 2)
            if self.with_divergence:
                loss += sum(self.losses)
        self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
        return {"loss": loss}


class AutoencoderWithoutDivergence(AutoencoderInOwnLoop):
    """A loop that forgets the losses that layers add."""

    with_divergence = False


def _trained_by(kind: type[Autoencoder]) -> keras.Model:
    model = kind()
    model(np.zeros((1, 12), "float32"))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
    return model


def autoencoder_fit() -> keras.Model:
    """Train by fit, with the losses of `compile` and of the layer."""
    return _trained_by(Autoencoder)


def autoencoder_loop() -> keras.Model:
    """Train by a custom loop, which adds both losses."""
    return _trained_by(AutoencoderInOwnLoop)


def autoencoder_loop_without_divergence() -> keras.Model:
    """Train by a loop without the layer's loss (added here: the thread's cause was not found)."""
    return _trained_by(AutoencoderWithoutDivergence)


def pixels() -> Batch:
    """Return images that are their own targets."""
    images = np.random.default_rng(7).uniform(size=(8, 12)).astype("float32")
    return images, images


# tensorflow#56742: "Different TensorFlow Keras Code with same logic, tend to show very different behaviour."


def _generator(functional: bool) -> keras.Model:
    parts = [
        layers.Dense(4 * 4 * 3),
        layers.Reshape((4, 4, 3)),
        layers.BatchNormalization(),
        layers.Conv2DTranspose(1, 3, strides=2, padding="same", activation="tanh"),
    ]
    noise = keras.Input((5,))
    if not functional:
        return keras.Sequential([noise, *parts], name="generator")
    x = noise
    for part in parts:
        x = part(x)
    return keras.Model(noise, x, name="generator")


def _discriminator(functional: bool) -> keras.Model:
    parts = [
        layers.Conv2D(3, 3, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ]
    images = keras.Input((8, 8, 1))
    if not functional:
        return keras.Sequential([images, *parts], name="discriminator")
    x = images
    for part in parts:
        x = part(x)
    return keras.Model(images, x, name="discriminator")


class Forgery(keras.Model):
    """A DCGAN: a generator and a discriminator, each with its own optimizer; a call judges images."""

    one_by_one = False

    def __init__(self, functional: bool = False) -> None:
        super().__init__()
        self.generator = _generator(functional)
        self.discriminator = _discriminator(functional)
        self.seed_generator = keras.random.SeedGenerator(1337)
        self.judge = keras.losses.BinaryCrossentropy()

    def call(self, images: Tensor, training: bool | None = None) -> Tensor:
        """Say how real the images look."""
        return self.discriminator(images, training=training)

    def compile(self) -> None:
        """Set both optimizers."""
        super().compile()
        self.generator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
        self.discriminator_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)

    def train_step(self, data: Batch) -> dict[str, Tensor]:
        """Train on the batch at once, or on each image of it."""
        images, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        count = keras.ops.shape(images)[0]
        if self.one_by_one:
            nothing = keras.ops.zeros(())
            losses = keras.ops.fori_loop(
                0, count, lambda place, _: self.train_both(images[place : place + 1], 1), (nothing, nothing)
            )
        else:
            losses = self.train_both(images, count)
        return dict(zip(("discriminator_loss", "generator_loss"), losses, strict=True))

    def train_both(self, images: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Train the discriminator on real and forged images, then the generator on the discriminator's judgement."""
        import tensorflow as tf

        real, forged = keras.ops.ones((count, 1)), keras.ops.zeros((count, 1))
        fakes = self.generator(keras.random.normal((count, 5), seed=self.seed_generator), training=True)
        with tf.GradientTape() as tape:
            seen = self.judge(real, self.discriminator(images, training=True))
            seen += self.judge(forged, self.discriminator(fakes, training=True))
        variables = self.discriminator.trainable_variables
        self.discriminator_optimizer.apply(tape.gradient(seen, variables), variables)
        noise = keras.random.normal((count, 5), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            missed = self.judge(real, self.discriminator(self.generator(noise, training=True), training=True))
        variables = self.generator.trainable_variables
        self.generator_optimizer.apply(tape.gradient(missed, variables), variables)
        return seen, missed


class ForgeryOneByOne(Forgery):
    """The same, with a training step for each image."""

    one_by_one = True


def forgery_sequential() -> keras.Model:
    """Train on a batch at once, as the thread's tutorial does with `train_on_batch`."""
    model = Forgery()
    model.compile()
    return model


def forgery_functional() -> keras.Model:
    """Build generator and discriminator in the other style (added here)."""
    model = Forgery(functional=True)
    model.compile()
    return model


def forgery_one_by_one() -> keras.Model:
    """Train on one image after the other: the author found that `fit` had batches of size 1 (keras#16792)."""
    model = ForgeryOneByOne()
    model.compile()
    return model


def digits() -> Batch:
    """Return images, without targets."""
    return np.random.default_rng(7).uniform(-1, 1, (6, 8, 8, 1)).astype("float32")


# segmentation_models.pytorch#665: "Comparisons with the Keras implementation"


def _unet(ported: bool) -> keras.Model:
    """Build a U-Net of two levels, with normalization and activation before each convolution, or `ported` after it."""

    def convolve(x: Tensor, filters: int, strides: int, name: str) -> Tensor:
        convolution = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False, name=name)
        normalization = layers.BatchNormalization(name=f"{name}_bn")
        rectifier = layers.Activation("relu", name=f"{name}_relu")
        return rectifier(normalization(convolution(x))) if ported else convolution(rectifier(normalization(x)))

    images = keras.Input((16, 16, 3))
    x = images if ported else layers.BatchNormalization(scale=False, name="bn_data")(images)
    top = convolve(x, 4, 1, "stage1")
    deep = convolve(top, 8, 2, "stage2")
    x = layers.UpSampling2D(name="up")(deep)
    x = layers.Concatenate(name="skip")([x, top])
    x = convolve(x, 4, 1, "decoder")
    model = keras.Model(images, layers.Conv2D(1, 3, padding="same", activation="sigmoid", name="final_conv")(x))
    model.compile(optimizer="adam", loss="binary_crossentropy")
    return model


def unet_keras() -> keras.Model:
    """Normalize the data first, and activate before each convolution, as in the Keras implementation."""
    return _unet(ported=False)


def unet_ported() -> keras.Model:
    """Use convolutions of the same sizes, with normalizations and activations elsewhere, as the thread found."""
    return _unet(ported=True)


THREADS = (
    Pair(
        "residual-wrapper",
        "threads",
        denoiser_sequential,
        denoiser_subclassed,
        "Sequential with a wrapper for residuals, to a class that adds them itself",
        one_network=True,
        family="keras#20577",
    ),
    Pair(
        "tabular-regression",
        "threads",
        fuel_sequential,
        fuel_functional,
        "Sequential to functional",
        one_network=True,
        family="keras#12977",
    ),
    Pair(
        "frozen-base",
        "threads",
        faces_functional,
        faces_sequential,
        "a head on the base's output, to a Sequential that nests the base; the same layers frozen",
        one_network=True,
        family="keras#13047",
    ),
    Pair(
        "frozen-head",
        "threads",
        faces_functional,
        faces_all_frozen,
        "the layers to freeze counted in the outer model: all are frozen",
        one_network=False,
        culprit=("head", "conv_pw_1", "conv_dw_2", "conv_pw_2", "mobilenet", "trainable"),
        family="keras#13047",
    ),
    Pair(
        "translator-styles",
        "threads",
        translator_functional,
        translator_subclassed,
        "functional to subclassed, with masks, two inputs and the state of an LSTM",
        one_network=True,
        family="keras#20320",
    ),
    Pair(
        "translator-masks",
        "threads",
        translator_functional,
        translator_without_masks,
        "a layer between embedding and LSTM loses the mask",
        one_network=False,
        culprit=("scale", "encoder", "decoder"),
        family="keras#20320",
    ),
    Pair(
        "reader-styles",
        "threads",
        reader_functional,
        reader_subclassed,
        "functional to subclassed, with the LSTM's own dropout",
        one_network=True,
        family="keras#19993",
    ),
    Pair(
        "reader-dropout",
        "threads",
        reader_functional,
        reader_of_keras_two,
        "dropout's mask is drawn for each step, and was one for all; only training differs",
        one_network=False,
        culprit=("both_ways", "lstm", "drop_each_step", "dropout"),
        family="keras#19993",
    ),
    Pair(
        "normalization-rounded",
        "threads",
        squeezed_layers,
        squeezed_written_out,
        "batch normalization written out: the same but for rounding",
        one_network=True,
        family="keras#20507",
    ),
    Pair(
        "normalization-unbiased",
        "threads",
        squeezed_layers,
        squeezed_of_keras_two,
        "the moving variance moves towards the unbiased variance; seen after a step only",
        one_network=False,
        culprit=("stem_bn", "top_bn", "moving_variance"),
        family="keras#20507",
    ),
    Pair(
        "restored-thawed",
        "threads",
        restored_frozen,
        restored_thawed,
        "batch normalizations are no longer frozen; inference is the same",
        one_network=False,
        culprit=(
            *("conv1_bn", "conv_dw_1_bn", "conv_pw_1_bn", "conv_dw_2_bn", "conv_pw_2_bn"),
            *("mobilenet", "gamma", "beta", "trainable"),
        ),
        family="keras#21676",
    ),
    Pair(
        "gru-gates",
        "threads",
        topics_of_keras_225,
        topics_of_keras_231,
        "the GRU's gates: the hard sigmoid of Keras 2 to sigmoid",
        one_network=False,
        culprit=("gru_3", "gru_4", "recurrent_activation"),
        family="keras#13723",
    ),
    Pair(
        "resnet-closures",
        "threads",
        resnet_closures,
        resnet_subclassed,
        "closures to layers in a functional subclass; the weights come in another order",
        one_network=True,
        family="keras-cv#1401",
    ),
    Pair(
        "resnet-epsilon",
        "threads",
        resnet_closures,
        resnet_other_epsilon,
        "the first normalization of each block has the default epsilon",
        one_network=False,
        culprit=(
            "conv2_block1_preact_bn",
            "conv3_block1_preact_bn",
            "preact_bn",
            "v2_stack_0",
            "v2_stack_1",
            "epsilon",
        ),
        family="keras-cv#1401",
    ),
    Pair(
        "autoencoder-loop",
        "threads",
        autoencoder_fit,
        autoencoder_loop,
        "fit to an own training step with the same losses",
        one_network=True,
        family="tensorflow#37581",
    ),
    Pair(
        "autoencoder-divergence",
        "threads",
        autoencoder_fit,
        autoencoder_loop_without_divergence,
        "the own training step forgets the losses that layers add",
        one_network=False,
        culprit=("train_step", "loss", "log_variance", "mean", "sampling"),
        family="tensorflow#37581",
    ),
    Pair(
        "forgery-styles",
        "threads",
        forgery_sequential,
        forgery_functional,
        "a GAN's two networks, Sequential to functional; two optimizers",
        one_network=True,
        family="tensorflow#56742",
    ),
    Pair(
        "forgery-one-by-one",
        "threads",
        forgery_sequential,
        forgery_one_by_one,
        "a step for each image, and was one for the batch; only training differs",
        one_network=False,
        culprit=("train_step", "generator", "discriminator"),
        family="tensorflow#56742",
    ),
    Pair(
        "unet-ported",
        "threads",
        unet_keras,
        unet_ported,
        "normalizations and activations after the convolutions, and were before them",
        one_network=False,
        culprit=("bn_data", "stage1_bn", "stage1", "stage2_bn", "decoder_bn"),
        family="segmentation_models.pytorch#665",
    ),
)

BATCHES: dict[str, Callable[[], Batch]] = {
    "translator-styles": sentences,
    "translator-masks": sentences,
    "reader-styles": handwriting,
    "reader-dropout": handwriting,
    "autoencoder-loop": pixels,
    "autoencoder-divergence": pixels,
    "forgery-styles": digits,
    "forgery-one-by-one": digits,
}
