"""Variables taken from a graph before its first call.

A graph has its weights once it is drawn.
"""

from typing import Any

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.variables_taken_unbuilt import looped
from twinproof.measured.twins.simple import functional

TITLE = "Variables taken from a graph before its first call"
STYLE = "functional"
EXPECTED = "One step of a training loop changes all weights."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/33205",)


def program(images: Any, labels: Any) -> Program:
    """Take the variables, then train."""
    return looped(functional, images, labels, called_before=False)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a model that was called once."""
    return looped(functional, images, labels, called_before=True)
