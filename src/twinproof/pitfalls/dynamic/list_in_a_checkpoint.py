"""What Keras tracks, TensorFlow's own ways of saving may not."""

from typing import Any

import tensorflow as tf

from twinproof.pitfalls import Program
from twinproof.pitfalls.usual import same_outputs, train
from twinproof.twins.dynamic import subclassed

TITLE = "Layers in a list, in a checkpoint of TensorFlow's"
STYLE = "subclassed"
EXPECTED = "The model that is restored predicts what the saved one did."
REFERENCES = ("https://github.com/keras-team/keras/issues/18398",)


def program(images: Any, labels: Any) -> Program:
    """Train, write a checkpoint, read it into another instance, predict."""
    yield "construct"
    model, other = subclassed(), subclassed()
    yield from train(model, images, labels)
    yield "save"
    path = tf.train.Checkpoint(model=model).write("checkpoint")
    yield "load"
    other(images)
    tf.train.Checkpoint(model=other).read(path)
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
