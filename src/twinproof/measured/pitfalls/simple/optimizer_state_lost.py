"""Saved weights include the optimizer's state, but an optimizer that has not trained yet cannot take it."""

from typing import Any

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import COMPILED, same_outputs, train
from twinproof.measured.twins.simple import functional

TITLE = "Training that goes on from saved weights"
STYLE = "functional"
EXPECTED = "Training goes on as if it had not been interrupted."
REFERENCES = ("https://github.com/keras-team/keras/issues/19389",)


def program(images: Any, labels: Any) -> Program:
    """Train, save, go on; load into a new model, go on; compare."""
    return _trained_on(images, labels, built=False)


def control(images: Any, labels: Any) -> Program:
    """Do the same with an optimizer that is built before the weights are loaded."""
    return _trained_on(images, labels, built=True)


def _trained_on(images: Any, labels: Any, built: bool) -> Program:
    yield "construct"
    model, other = functional(), functional()
    yield from train(model, images, labels)
    yield "save"
    model.save_weights("trained.weights.h5")
    model.train_on_batch(images, labels)
    yield "load"
    other.compile(**COMPILED)
    if built:
        other.optimizer.build(other.trainable_variables)
    other.load_weights("trained.weights.h5")
    yield "train on"
    other.train_on_batch(images, labels)
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
