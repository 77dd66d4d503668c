"""A mixture of experts: 784 -> 4 experts of 32 relu, weighed by a gate -> one dense layer twice -> 10 softmax.

Every expert sees every image; the gate says how much each one counts.
Source: Jacobs, Jordan, Nowlan and Hinton, Adaptive mixtures of local experts, 1991.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers


def functional(width: int = 32, experts: int = 4) -> keras.Model:
    """A graph with parallel experts, in which one layer is used twice; `width` is that of an expert."""
    images = keras.Input((784,))
    gate = layers.Dense(experts, activation="softmax", name="gate")(images)
    found = [layers.Dense(width, activation="relu", name=f"expert_{index}")(images) for index in range(experts)]
    beside = layers.Reshape((experts, width), name="beside")(layers.Concatenate(name="all")(found))
    mixed = layers.Dot(axes=1, name="mixed")([gate, beside])
    refine = layers.Dense(width, activation="relu", name="refine")
    x = refine(refine(mixed))
    return keras.Model(images, layers.Dense(10, activation="softmax", name="classifier")(x), name="mixture")


@keras.saving.register_keras_serializable("twinproof")
class Mixture(keras.Model):
    """A class that holds its experts in a list, and calls one layer twice."""

    def __init__(self, width: int = 32, experts: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width
        self.gate = layers.Dense(experts, activation="softmax", name="gate")
        self.experts = [layers.Dense(width, activation="relu", name=f"expert_{index}") for index in range(experts)]
        self.all = layers.Concatenate(name="all")
        self.beside = layers.Reshape((experts, width), name="beside")
        self.mixed = layers.Dot(axes=1, name="mixed")
        self.refine = layers.Dense(width, activation="relu", name="refine")
        self.classifier = layers.Dense(10, activation="softmax", name="classifier")
        self(keras.Input((784,)))

    def build(self, input_shape: Any) -> None:
        """Build the layers for images of this shape."""
        self.call(keras.Input(input_shape[1:]))
        super().build(input_shape)

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        beside = self.beside(self.all([expert(images) for expert in self.experts]))
        mixed = self.mixed([self.gate(images), beside])
        return self.classifier(self.refine(self.refine(mixed)))

    def get_config(self) -> dict[str, Any]:
        """Return the config, from which this model can be made again."""
        return {**super().get_config(), "width": self.width, "experts": len(self.experts)}


def subclassed(width: int = 32, experts: int = 4) -> keras.Model:
    """The class, which has built itself."""
    return Mixture(width, experts, name="mixture")
