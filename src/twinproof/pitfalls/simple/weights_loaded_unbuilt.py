"""There is nothing yet that could take them."""

from typing import Any

from twinproof.pitfalls import Program
from twinproof.pitfalls.usual import same_outputs, train
from twinproof.twins.simple import subclassed

TITLE = "Weights that are loaded into a model that was never called"
STYLE = "subclassed"
EXPECTED = "The model with the loaded weights predicts what the saved one did."
REFERENCES = (
    "https://github.com/keras-team/keras/pull/20530",
    "https://github.com/tensorflow/tensorflow/issues/44240",
)


def program(images: Any, labels: Any) -> Program:
    """Train, save the weights, load them into a new model, predict."""
    yield "construct"
    model, other = subclassed(), subclassed()
    yield from train(model, images, labels)
    yield "save"
    model.save_weights("trained.weights.h5")
    yield "load"
    other.load_weights("trained.weights.h5")
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
