"""A variational autoencoder with a training step of its own: 784 -> 128 -> codes of 8 numbers, drawn -> 128 -> 784.

Before each step, the images are drawn: a pixel is white with the probability of its intensity, otherwise black. The
drawn images are also the targets of the step, so no layer could draw them. It needs TensorFlow: the step and the layer
that draws codes use its operations. In inference, a code is the mean of its distribution.

Source: Kingma and Welling, Auto-encoding variational Bayes, 2014; images drawn as by Burda, Grosse and Salakhutdinov,
Importance weighted autoencoders, 2016.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

PIXELS = 784
SEED = 0


def data(images: NDArray[Any], labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return flat images as inputs, and the same images as targets, shape (n, 784)."""
    return images, images


def compiling() -> dict[str, Any]:
    """Return what `compile` takes. With the divergence, the loss is the bound on the likelihood, in nats per pixel."""
    return {"optimizer": "adam", "loss": "binary_crossentropy", "metrics": []}


@keras.saving.register_keras_serializable("twinproof")
class Sampling(layers.Layer):
    """Draws codes, and adds to the loss the divergence of their distribution from the normal distribution."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.noise = layers.GaussianNoise(1.0, name="noise")

    def call(self, mean: Any, log_variance: Any, training: bool | None = None) -> Any:
        """Return codes drawn from normal distributions, in inference their means, shape (n, width)."""
        divergence = tf.reduce_sum(mean**2 + tf.exp(log_variance) - 1 - log_variance, axis=-1) / 2
        self.add_loss(tf.reduce_mean(divergence) / PIXELS)
        return mean + tf.exp(log_variance / 2) * self.noise(tf.zeros_like(mean), training=training)


def drawn(model: keras.Model, images: Any) -> Any:
    """Return images of black and white pixels; the draw depends only on the number of the step."""
    images = tf.convert_to_tensor(images)  # They are NumPy arrays where Keras 3 runs a step eagerly.
    seed = tf.stack([SEED, tf.cast(model.optimizer.iterations, tf.int32)])
    return tf.cast(tf.random.stateless_uniform(tf.shape(images), seed) < images, images.dtype)


@keras.saving.register_keras_serializable("twinproof")
class Drawing(keras.Model):
    """A model of any graph, which has nothing of its own but the training step."""

    def train_step(self, data: Any) -> Any:
        """Train on one batch of images and return the metrics."""
        images = drawn(self, data[0])
        return super().train_step((images, images))


def functional(width: int = 128, code: int = 8) -> keras.Model:
    """A graph in a class that trains it so; `width` is that of both hidden layers, `code` that of a code."""
    images = keras.Input((PIXELS,))
    x = layers.Dense(width, activation="relu", name="encoder")(images)
    mean = layers.Dense(code, name="mean")(x)
    log_variance = layers.Dense(code, name="log_variance")(x)
    x = Sampling(name="sampling")(mean, log_variance)
    x = layers.Dense(width, activation="relu", name="decoder")(x)
    return Drawing(images, layers.Dense(PIXELS, activation="sigmoid", name="image")(x), name="variational")


@keras.saving.register_keras_serializable("twinproof")
class Variational(keras.Model):
    """A class that holds its layers, calls them and has the training step."""

    def __init__(self, width: int = 128, code: int = 8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width, self.code = width, code
        self.encoder = layers.Dense(width, activation="relu", name="encoder")
        self.mean = layers.Dense(code, name="mean")
        self.log_variance = layers.Dense(code, name="log_variance")
        self.sampling = Sampling(name="sampling")
        self.decoder = layers.Dense(width, activation="relu", name="decoder")
        self.image = layers.Dense(PIXELS, activation="sigmoid", name="image")
        self(keras.Input((PIXELS,)))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any, training: bool | None = None) -> Any:
        """Return `images`, restored from their codes, shape (n, 784)."""
        x = self.encoder(images)
        codes = self.sampling(self.mean(x), self.log_variance(x), training=training)
        return self.image(self.decoder(codes))

    def train_step(self, data: Any) -> Any:
        """Train on one batch of images and return the metrics."""
        images = drawn(self, data[0])
        return super().train_step((images, images))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width, "code": self.code}


def subclassed(width: int = 128, code: int = 8) -> keras.Model:
    """The class, which has built itself."""
    return Variational(width, code, name="variational")
