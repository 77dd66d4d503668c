"""A custom train_step of a functional model, and validation data.

A graph needs no call.
"""

from typing import Any

import keras

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.simple.loss_of_own_step import Renaming
from twinproof.measured.pitfalls.simple.loss_of_own_step_in_a_graph import drawn
from twinproof.measured.pitfalls.simple.own_step_without_call import validated

TITLE = "A custom train_step of a functional model, and validation data"
STYLE = "functional"
EXPECTED = "The model trains and is validated."
REFERENCES = ("https://github.com/keras-team/keras-io/issues/38",)


def program(images: Any, labels: Any) -> Program:
    """Train with images to validate."""
    return validated(lambda: drawn(Renaming), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with Keras's own step."""
    return validated(lambda: drawn(keras.Model), images, labels)
