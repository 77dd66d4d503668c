"""Variables taken from a class before its first call.

The model has no variables yet, so a training loop has nothing to train.
"""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import all_change
from twinproof.measured.twins.simple import naive

TITLE = "Variables taken from a class before its first call"
STYLE = "subclassed"
EXPECTED = "One step of a training loop changes all weights."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/33205",)


def program(images: Any, labels: Any) -> Program:
    """Take the variables, then build and train."""
    return looped(naive, images, labels, called_before=False)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a model that was called once."""
    return looped(naive, images, labels, called_before=True)


def looped(make: Callable[[], keras.Model], images: Any, labels: Any, called_before: bool) -> Program:
    """Take a step of a training loop."""
    yield "construct"
    model, optimizer = make(), keras.optimizers.Adam()
    if called_before:
        model(images)
    yield "take the variables"
    variables = model.trainable_variables
    yield "build"
    model(images)
    before = model.get_weights()
    yield "train"
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.categorical_crossentropy(labels, model(images, training=True)))
    optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return all_change(before, model.get_weights())
