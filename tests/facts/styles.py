"""Small networks for 16 pixels and 3 classes, written in styles that are or are not one network."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from twinproof.study.examples import Dataset, Examples

PIXELS, CLASSES = 16, 3


def dataset(train: int = 330, others: int = 40) -> Dataset:
    """Return images that can be learned: the label is where most of the light is."""

    def examples(count: int, seed: int) -> Examples:
        images = np.random.default_rng(seed).random((count, PIXELS), dtype=np.float32)
        return Examples(images, np.argmax(images[:, :CLASSES], axis=1))

    return Dataset(examples(train, 0), examples(others, 1), examples(others, 2), CLASSES)


def functional(
    names: tuple[str, str] = ("first", "second"),
    width: int = PIXELS,
    activation: str = "relu",
    noise: str = "noise",
    name: str = "small",
    deviation: float = 0.1,
) -> keras.Model:
    images = keras.Input((PIXELS,))
    x = layers.Dense(width, activation=activation, name=names[0])(images)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dropout(0.3, name="dropout")(x)
    x = layers.Dense(PIXELS, activation=activation, name=names[1])(x)
    x = layers.GaussianNoise(deviation, name=noise)(x)
    return keras.Model(images, layers.Dense(CLASSES, activation="softmax", name="classifier")(x), name=name)


@keras.saving.register_keras_serializable("styles")
class Backwards(keras.Model):
    """The same network, whose layers are made in the reverse order, with one more random layer before them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unused = layers.Dropout(0.5, name="unused")
        self.classifier = layers.Dense(CLASSES, activation="softmax", name="classifier")
        self.noise = layers.GaussianNoise(0.1, name="noise")
        self.second = layers.Dense(PIXELS, activation="relu", name="second")
        self.dropout = layers.Dropout(0.3, name="dropout")
        self.norm = layers.BatchNormalization(name="norm")
        self.first = layers.Dense(PIXELS, activation="relu", name="first")

    def call(self, images: Any, training: bool | None = None) -> Any:
        x = self.dropout(self.norm(self.first(images), training=training), training=training)
        return self.classifier(self.noise(self.second(x), training=training))


def stacked() -> keras.Model:
    images = keras.Input((PIXELS,))
    x = layers.Dense(8, activation="relu", name="first")(images)
    return keras.Model(images, layers.Dense(CLASSES, activation="softmax", name="classifier")(x), name="small")


class Stacked(keras.Model):
    """The same network, which contains a model that is not built before it is called."""

    def __init__(self) -> None:
        super().__init__(name="small")
        hidden = layers.Dense(8, activation="relu", name="first")
        self.block = keras.Sequential([hidden, layers.Dense(CLASSES, activation="softmax", name="classifier")])

    def call(self, images: Any) -> Any:
        return self.block(images)


class Ending(layers.Layer):
    """Applies `function` to the class probabilities; has no weights."""

    def __init__(self, function: Callable[[Any], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.function = function

    def call(self, x: Any) -> Any:
        return self.function(x)


def ending(function: Callable[[Any], Any]) -> keras.Model:
    """Return the functional model with `function` applied at its end."""
    model = functional()
    return keras.Model(model.inputs, Ending(function, name="ending")(model.outputs[0]), name="small")


def not_a_number() -> keras.Model:
    return ending(lambda x: x * float("nan"))


def not_a_number_once_trained() -> keras.Model:
    """Return a model that starts like its twin, but whose gradient is not a number."""

    @tf.custom_gradient
    def identity(x: Any) -> Any:
        return tf.identity(x), lambda upstream: upstream * float("nan")

    return ending(identity)


def other_shape() -> keras.Model:
    return ending(lambda x: tf.expand_dims(x, -1))


def raises() -> keras.Model:
    raise RuntimeError("the user's own error")


class OwnGenerator(layers.Layer):
    """A user's layer that keeps its random generators under its own names."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.shift, self.scale = keras.random.SeedGenerator(), keras.random.SeedGenerator()

    def call(self, x: Any) -> Any:
        scale = keras.random.uniform((PIXELS,), seed=self.scale)
        return x * scale + keras.random.normal((PIXELS,), seed=self.shift)


def own_generators(made: tuple[str, str]) -> keras.Model:
    """Return a model that uses its two random layers in one order, whatever the order in which they were made."""
    own = {name: OwnGenerator(name=name) for name in made}
    images = keras.Input((PIXELS,))
    x = own["two"](own["one"](images))
    return keras.Model(images, layers.Dense(CLASSES, activation="softmax", name="classifier")(x), name="small")
