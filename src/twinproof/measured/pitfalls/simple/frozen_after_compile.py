"""Compiling has already decided which weights are trained."""

from typing import Any

import numpy as np

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED, train
from twinproof.measured.twins.simple import functional

TITLE = "A layer that is frozen after the model was compiled"
STYLE = "functional"
EXPECTED = "The frozen layer keeps its weights."
REFERENCES = ("https://github.com/osh/KerasGAN/issues/10", "https://github.com/keras-team/keras/issues/7965")


def program(images: Any, labels: Any) -> Program:
    """Train, freeze the hidden layer, train on."""
    return _frozen(images, labels, compiled_again=False)


def control(images: Any, labels: Any) -> Program:
    """Do the same, and compile the model again."""
    return _frozen(images, labels, compiled_again=True)


def _frozen(images: Any, labels: Any, compiled_again: bool) -> Program:
    yield "construct"
    model = functional()
    yield from train(model, images, labels)
    yield "freeze"
    hidden = model.get_layer("hidden")
    hidden.trainable = False
    before = hidden.get_weights()
    if compiled_again:
        model.compile(**COMPILED)
    yield "train on"
    model.train_on_batch(images, labels)
    changed = sum(not np.array_equal(*pair) for pair in zip(before, hidden.get_weights()))
    return Seen(changed == 0, f"{changed} of its 2 arrays of weights changed")
