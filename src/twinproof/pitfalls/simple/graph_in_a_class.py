"""Keras makes it again of the graph, which its constructor does not take, or of the constructor's arguments."""

from typing import Any

import keras
from keras import layers

from twinproof.pitfalls import Program
from twinproof.pitfalls.usual import keep, train

TITLE = "A class whose constructor draws a graph"
STYLE = "functional"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/20979",
    "https://github.com/keras-team/keras/issues/21546",
)


@keras.saving.register_keras_serializable("pitfalls")
class Drawn(keras.Model):
    """Has as many hidden units as it is told."""

    def __init__(self, units: int = 128, **kwargs: Any) -> None:
        inputs = keras.Input((784,))
        hidden = layers.Dense(units, activation="relu")(inputs)
        outputs = layers.Dense(10, activation="softmax")(hidden)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    yield "construct"
    model = Drawn(64)
    yield from train(model, images, labels)
    return (yield from keep(model, images))
