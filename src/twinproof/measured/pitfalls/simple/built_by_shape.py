"""In Keras 3, this marks the model as built, but makes no weights."""

from collections.abc import Callable
from typing import Any

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs, train
from twinproof.measured.twins.simple import naive

TITLE = "A class without a build of its own, built by a shape"
STYLE = "subclassed"
EXPECTED = "The model with the loaded weights predicts what the saved one did."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/19229",
    "https://github.com/keras-team/keras/issues/18823",
)


def program(images: Any, labels: Any) -> Program:
    """Train, save the weights, load them into a model that is built for their shape, predict."""
    return _loaded(lambda model: model.build((None, 784)), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a model that is built by a call."""
    return _loaded(lambda model: model(images), images, labels)


def _loaded(build: Callable[[Any], object], images: Any, labels: Any) -> Program:
    yield "construct"
    model, other = naive(), naive()
    yield from train(model, images, labels)
    yield "save"
    model.save_weights("trained.weights.h5")
    yield "build"
    build(other)
    yield "load"
    other.load_weights("trained.weights.h5")
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
