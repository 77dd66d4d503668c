"""What a graph takes that is no symbol is taken as the constant it is at that moment."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from twinproof.pitfalls import Program, Seen
from twinproof.pitfalls.usual import train

TITLE = "A kernel that is used again, transposed"
STYLE = "functional"
EXPECTED = "The decoder uses the encoder's kernel as training left it."
REFERENCES: tuple[str, ...] = ()


def program(images: Any, labels: Any) -> Program:
    """Train an autoencoder whose decoder is its encoder turned round, and compare what it gives with its kernel."""
    # Keras 2 has no operations of its own.
    ops = keras.ops if hasattr(keras, "ops") else tf
    yield "construct"
    inputs = keras.Input((784,))
    encoder = layers.Dense(128, use_bias=False)
    decoded = ops.matmul(encoder(inputs), ops.transpose(encoder.kernel))
    model = keras.Model(inputs, decoded)
    yield from train(model, images, images, loss="mse")
    yield "predict"
    kernel = encoder.get_weights()[0]
    apart = float(np.abs(model.predict_on_batch(images) - images @ kernel @ kernel.T).max())
    return Seen(apart < 1e-4, f"outputs differ by up to {apart:.2g}")
