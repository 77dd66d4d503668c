"""The weights of a model with a custom train_step and no call.

In Keras 3, a model that was never called counts as unbuilt, although its layers are trained.
"""

from typing import Any

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.own_step_without_call import Called, Uncalled
from twinproof.measured.pitfalls.usual import COMPILED, same_outputs

TITLE = "The weights of a model with a custom train_step and no call"
STYLE = "subclassed"
EXPECTED = "With the saved weights another instance predicts the same."
REFERENCES = ("https://github.com/keras-team/keras-io/issues/38",)


def program(images: Any, labels: Any) -> Program:
    """Train, save the weights, load them into another instance, predict with its network."""
    return _loaded(Uncalled, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a call."""
    return _loaded(Called, images, labels)


def _loaded(kind: type[Uncalled], images: Any, labels: Any) -> Program:
    yield "construct"
    model, other = kind(), kind()
    yield "compile"
    for one in (model, other):
        one.compile(**COMPILED)
    yield "train"
    for one in (model, other):
        one.fit(images, labels, verbose=0)
    yield "save"
    model.save_weights("trained.weights.h5")
    yield "load"
    other.load_weights("trained.weights.h5")
    yield "predict"
    return same_outputs(other.network.predict_on_batch(images), model.network.predict_on_batch(images))
