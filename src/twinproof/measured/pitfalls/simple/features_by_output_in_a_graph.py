"""Features from the attribute output of a layer in a graph.

A graph knows the output of each layer.
"""

from typing import Any

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.features_by_output import by_call, by_output, extracted
from twinproof.measured.twins.simple import functional

TITLE = "Features from the attribute output of a layer in a graph"
STYLE = "functional"
EXPECTED = "A model from the inputs to the hidden layer gives 128 features."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/18634",
    "https://github.com/tensorflow/tensorflow/issues/72915",
)


def program(images: Any, labels: Any) -> Program:
    """Train, make a model from the inputs to the output of the hidden layer, predict."""
    return extracted(functional, by_output, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a model that calls the layer on a new input."""
    return extracted(functional, by_call, images, labels)
