"""Only Keras's own loop passes training=True to the model."""

from typing import Any

import keras
import tensorflow as tf

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.twins.conditional import functional

TITLE = "A training loop of one's own that calls the model without training"
STYLE = "functional"
EXPECTED = "Dropout is on in the loop: two losses on the same images differ, as nothing is learned."
REFERENCES = ("https://github.com/yusugomori/deeplearning-keras-tf2-torch/issues/2",)


def program(images: Any, labels: Any) -> Program:
    """Compute the loss and its gradients twice, as a step of such a loop does, without applying them."""
    return _looped(images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with training=True."""
    return _looped(images, labels, training=True)


def _looped(images: Any, labels: Any, **called: Any) -> Program:
    yield "construct"
    model = functional()
    yield "train"
    losses = []
    for _ in range(2):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(keras.losses.categorical_crossentropy(labels, model(images, **called)))
        tape.gradient(loss, model.trainable_weights)
        losses.append(float(loss))
    return Seen(losses[0] != losses[1], f"the losses differ by {abs(losses[0] - losses[1]):.2g}")
