"""Keras turns the class into a functional one permanently."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train
from twinproof.measured.twins.simple import functional

TITLE = "A class that is called with inputs and outputs"
STYLE = "subclassed"
EXPECTED = "Another instance can be made without inputs and outputs, and trains."
REFERENCES: tuple[str, ...] = ()


class Both(keras.Model):
    """Holds any graph that it is given, or else layers of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


def program(images: Any, labels: Any) -> Program:
    """Make an instance of a graph, then one of the class's own layers, and train this."""
    return _trained(Both, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same, but make a model of another class of the graph."""
    return _trained(keras.Model, images, labels)


def _trained(kind: type[keras.Model], images: Any, labels: Any) -> Program:
    yield "construct"
    graph = functional()
    kind(graph.inputs, graph.outputs)
    yield "construct another"
    model = Both()
    yield from train(model, images, labels)
    return Seen(True, "the other instance trains")
