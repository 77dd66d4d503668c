"""The weights file of a class loaded into a functional model.

Keras 3 names the layers of a class after its attributes, and numbers those of a graph.
"""

from collections.abc import Callable
from typing import Any

import keras

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs, train
from twinproof.measured.twins.dynamic import functional, subclassed

TITLE = "The weights file of a class loaded into a functional model"
STYLE = "subclassed"
EXPECTED = "With the weights of the class the functional model predicts the same."
REFERENCES = ("https://github.com/keras-team/keras/issues/2341",)


def program(images: Any, labels: Any) -> Program:
    """Train the class, save its weights, load them into the functional model, predict."""
    return _loaded(functional, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with another instance of the class."""
    return _loaded(subclassed, images, labels)


def _loaded(make: Callable[..., keras.Model], images: Any, labels: Any) -> Program:
    yield "construct"
    model, other = subclassed(depth=3), make(depth=3)
    yield from train(model, images, labels)
    yield "save"
    model.save_weights("trained.weights.h5")
    yield "load"
    other(images)
    other.load_weights("trained.weights.h5")
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
