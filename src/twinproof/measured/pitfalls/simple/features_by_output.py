"""Features from the attribute output of a layer.

The layers of a class are called, but not connected.
"""

from collections.abc import Callable
from typing import Any

import keras

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train
from twinproof.measured.twins.simple import naive

TITLE = "Features from the attribute output of a layer"
STYLE = "subclassed"
EXPECTED = "A model from the inputs to the hidden layer gives 128 features."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/18634",
    "https://github.com/tensorflow/tensorflow/issues/72915",
)


def program(images: Any, labels: Any) -> Program:
    """Train, make a model from the inputs to the output of the hidden layer, predict."""
    return extracted(naive, by_output, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a model that calls the layer on a new input."""
    return extracted(naive, by_call, images, labels)


def by_output(model: Any) -> keras.Model:
    """Return a model from the inputs to the attribute output of the hidden layer."""
    return keras.Model(model.inputs, model.get_layer("hidden").output)


def by_call(model: Any) -> keras.Model:
    """Return a model that calls the hidden layer."""
    inputs = keras.Input((784,))
    return keras.Model(inputs, model.get_layer("hidden")(inputs))


def extracted(
    make: Callable[[], keras.Model], extract: Callable[[Any], keras.Model], images: Any, labels: Any
) -> Program:
    """Train and predict the features."""
    yield "construct"
    model = make()
    yield from train(model, images, labels)
    yield "extract"
    features = extract(model)
    yield "predict"
    width = features.predict_on_batch(images).shape[1]
    return Seen(width == 128, f"it gives {width} values an image")
