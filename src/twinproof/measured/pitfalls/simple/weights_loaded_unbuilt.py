"""The model has no variables yet that could take the weights."""

from typing import Any

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs, train
from twinproof.measured.twins.simple import naive

TITLE = "Weights that are loaded into a model that was never called"
STYLE = "subclassed"
EXPECTED = "The model with the loaded weights predicts what the saved one did."
REFERENCES = (
    "https://github.com/keras-team/keras/pull/20530",
    "https://github.com/tensorflow/tensorflow/issues/44240",
)


def program(images: Any, labels: Any) -> Program:
    """Train, save the weights, load them into a new model, predict."""
    return _loaded(images, labels, called=False)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a new model that was called once."""
    return _loaded(images, labels, called=True)


def _loaded(images: Any, labels: Any, called: bool) -> Program:
    yield "construct"
    model, other = naive(), naive()
    yield from train(model, images, labels)
    yield "save"
    model.save_weights("trained.weights.h5")
    if called:
        yield "build"
        other(images)
    yield "load"
    other.load_weights("trained.weights.h5")
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
