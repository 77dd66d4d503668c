"""It has no weights until it is used."""

from typing import Any

import keras
from keras import layers

from twinproof.pitfalls import Program
from twinproof.pitfalls.usual import same_outputs

TITLE = "A list of layers that does not begin with the input"
STYLE = "sequential"
EXPECTED = "The model that is loaded predicts what the saved one does."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/30892",)


def program(images: Any, labels: Any) -> Program:
    """Save, load, predict with both."""
    yield "construct"
    model = keras.Sequential([layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")])
    yield "save"
    model.save("model.keras")
    yield "load"
    loaded = keras.models.load_model("model.keras")
    yield "predict"
    return same_outputs(loaded.predict_on_batch(images), model.predict_on_batch(images))
