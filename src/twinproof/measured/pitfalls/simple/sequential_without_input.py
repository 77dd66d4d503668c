"""Such a model has no weights until it is used."""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import same_outputs

TITLE = "A list of layers that does not begin with the input"
STYLE = "sequential"
EXPECTED = "The model that is loaded predicts what the saved one does."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/30892",)


def program(images: Any, labels: Any) -> Program:
    """Save, load, predict with both."""
    return _kept(list, images)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a list that begins with the input."""
    return _kept(lambda: [keras.Input((784,))], images)


def _kept(first: Callable[[], list[Any]], images: Any) -> Program:
    yield "construct"
    model = keras.Sequential([*first(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")])
    yield "save"
    model.save("model.keras")
    yield "load"
    loaded = keras.models.load_model("model.keras")
    yield "predict"
    return same_outputs(loaded.predict_on_batch(images), model.predict_on_batch(images))
