"""The loss is saved with the model only by its name, and looked up when the model is loaded."""

from typing import Any

import keras

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import keep, train
from twinproof.measured.twins.simple import functional

TITLE = "A loss function of one's own"
STYLE = "functional"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = (
    "https://github.com/tensorflow/tensorflow/issues/32348",
    "https://github.com/keras-team/keras/issues/5916",
)


def doubled(labels: Any, probabilities: Any) -> Any:
    """Return twice the cross-entropy."""
    return 2 * keras.losses.categorical_crossentropy(labels, probabilities)


def registered(labels: Any, probabilities: Any) -> Any:
    """Return the same."""
    return doubled(labels, probabilities)


keras.utils.register_keras_serializable("pitfalls")(registered)


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    return _kept(doubled, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a function that is registered."""
    return _kept(registered, images, labels)


def _kept(loss: Any, images: Any, labels: Any) -> Program:
    yield "construct"
    model = functional()
    yield from train(model, images, labels, loss=loss)
    return (yield from keep(model, images))
