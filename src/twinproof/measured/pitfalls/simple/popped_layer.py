"""The list of layers is a copy."""

from collections.abc import Callable
from typing import Any

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.twins.simple import sequential

TITLE = "The last layer taken out of the list of layers"
STYLE = "sequential"
EXPECTED = "Without the classifier the model gives the 128 features before it."
REFERENCES = (
    "https://github.com/tensorflow/tensorflow/issues/22479",
    "https://github.com/keras-team/keras/issues/2371",
)


def program(images: Any, labels: Any) -> Program:
    """Take out the classifier, predict."""
    return _popped(lambda model: model.layers.pop(), images)


def control(images: Any, labels: Any) -> Program:
    """Do the same with the model's own method."""
    return _popped(lambda model: model.pop(), images)


def _popped(pop: Callable[[Any], object], images: Any) -> Program:
    yield "construct"
    model = sequential()
    yield "pop"
    pop(model)
    yield "predict"
    width = model.predict_on_batch(images).shape[1]
    return Seen(width == 128, f"it gives {width} values an image")
