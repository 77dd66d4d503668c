"""A graph treats anything that is not symbolic as a constant, with its value at that moment."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A kernel that is used again, transposed"
STYLE = "functional"
EXPECTED = "The decoder uses the encoder's kernel as training left it."
REFERENCES: tuple[str, ...] = ()

# Keras 2 has no operations of its own.
OPS = keras.ops if hasattr(keras, "ops") else tf


class Decoder(layers.Layer):
    """Holds the encoder and uses its current kernel."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def call(self, x: Any) -> Any:
        """Return `x` times the encoder's kernel, transposed."""
        return OPS.matmul(x, OPS.transpose(self.encoder.kernel))


def program(images: Any, labels: Any) -> Program:
    """Train an autoencoder whose decoder is its transposed encoder; compare its output with the trained kernel's."""
    return _trained(lambda encoder: lambda x: OPS.matmul(x, OPS.transpose(encoder.kernel)), images)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a decoder that is a layer and holds the encoder."""
    return _trained(Decoder, images)


def _trained(decoder: Callable[[Any], Callable[[Any], Any]], images: Any) -> Program:
    yield "construct"
    inputs = keras.Input((784,))
    encoder = layers.Dense(128, use_bias=False)
    encoded = encoder(inputs)
    model = keras.Model(inputs, decoder(encoder)(encoded))
    yield from train(model, images, images, loss="mse")
    yield "predict"
    kernel = encoder.get_weights()[0]
    apart = float(np.abs(model.predict_on_batch(images) - images @ kernel @ kernel.T).max())
    return Seen(apart < 1e-4, f"outputs differ by up to {apart:.2g}")
