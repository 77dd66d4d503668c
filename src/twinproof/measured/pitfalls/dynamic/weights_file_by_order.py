"""A weights file loaded into a class that makes its layers in another order.

The file numbers the layers. Layers of the same shape are swapped silently.
"""

from collections.abc import Callable
from typing import Any

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.dynamic.weights_by_order import Backwards, Forwards
from twinproof.measured.pitfalls.usual import same_outputs, train
from twinproof.measured.twins.dynamic import functional

TITLE = "A weights file loaded into a class that makes its layers in another order"
STYLE = "subclassed"
EXPECTED = "With the weights of the functional model it predicts what that one does."
REFERENCES = ("https://github.com/keras-team/keras/issues/2341",)


def program(images: Any, labels: Any) -> Program:
    """Train the functional model, save its weights, load them, predict."""
    return loaded(Backwards, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a class that makes its layers in the order of the graph."""
    return loaded(Forwards, images, labels)


def loaded(make: Callable[[], Any], images: Any, labels: Any) -> Program:
    """Train the functional model and load its weights into another one."""
    yield "construct"
    model, other = functional(depth=3), make()
    yield from train(model, images, labels)
    yield "save"
    model.save_weights("trained.weights.h5")
    yield "load"
    other(images)
    other.load_weights("trained.weights.h5")
    yield "predict"
    return same_outputs(other.predict_on_batch(images), model.predict_on_batch(images))
