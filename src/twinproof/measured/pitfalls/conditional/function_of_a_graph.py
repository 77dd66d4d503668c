"""A functional model in a tf.function.

Whether the model trains is an argument of that function, which is traced once for each value.
"""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs
from twinproof.measured.twins.conditional import functional

TITLE = "A functional model in a tf.function"
STYLE = "functional"
EXPECTED = "Once it trained, dropout is off when it predicts: two predictions are the same."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/32895",)


def program(images: Any, labels: Any) -> Program:
    """Call the function as in training, then predict twice."""
    return _predicted_twice(tf.function, images)


def control(images: Any, labels: Any) -> Program:
    """Do the same with the model as it is."""
    return _predicted_twice(lambda model: model, images)


def _predicted_twice(wrap: Callable[[Any], Any], images: Any) -> Program:
    yield "construct"
    called = wrap(functional())
    yield "train"
    called(images, training=True)
    yield "predict"
    return same_outputs(called(images).numpy(), called(images).numpy())
