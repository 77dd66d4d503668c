"""A subclass makes its weights when it is first called."""

from typing import Any

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs
from twinproof.measured.twins.simple import naive

TITLE = "Weights that are saved before there are any"
STYLE = "subclassed"
EXPECTED = "Two models start from the same weights."
REFERENCES = ("https://github.com/keras-team/keras/pull/20530",)


def program(images: Any, labels: Any) -> Program:
    """Save the initial weights of one model, load them into another, predict with both."""
    return _loaded(images, built_first=False)


def control(images: Any, labels: Any) -> Program:
    """Do the same with models that are built first."""
    return _loaded(images, built_first=True)


def _loaded(images: Any, built_first: bool) -> Program:
    yield "construct"
    model, other = naive(), naive()
    if built_first:
        yield "build"
        model(images)
    yield "save"
    model.save_weights("initial.weights.h5")
    yield "build"
    model(images)
    other(images)
    yield "load"
    other.load_weights("initial.weights.h5")
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
