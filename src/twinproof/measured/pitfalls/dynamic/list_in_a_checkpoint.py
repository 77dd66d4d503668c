"""Keras tracks a list of layers; TensorFlow's own way of saving may not."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs, train
from twinproof.measured.twins import dynamic, simple

TITLE = "Layers in a list, in a checkpoint of TensorFlow's"
STYLE = "subclassed"
EXPECTED = "The model that is restored predicts what the saved one did."
REFERENCES = ("https://github.com/keras-team/keras/issues/18398",)


def program(images: Any, labels: Any) -> Program:
    """Train, write a checkpoint, read it into another instance, predict."""
    return _restored(dynamic.subclassed, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a model that has each layer in an attribute of its own."""
    return _restored(simple.subclassed, images, labels)


def _restored(make: Callable[[], keras.Model], images: Any, labels: Any) -> Program:
    yield "construct"
    model, other = make(), make()
    yield from train(model, images, labels)
    yield "save"
    path = tf.train.Checkpoint(model=model).write("checkpoint")
    yield "load"
    other(images)
    tf.train.Checkpoint(model=other).read(path)
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
