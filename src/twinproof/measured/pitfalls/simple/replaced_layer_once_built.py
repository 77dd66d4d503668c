"""People do this, for example, to train a new classifier on learned features."""

from typing import Any

from keras.layers import Dense

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import all_change, train
from twinproof.measured.twins.simple import naive

TITLE = "A layer that is replaced once the model is built"
STYLE = "subclassed"
EXPECTED = "After it is compiled again, the model trains the new layer."
REFERENCES = ("https://github.com/keras-team/keras/issues/18601",)


def program(images: Any, labels: Any) -> Program:
    """Train, replace the classifier, train on, and see whether the new one's weights change."""
    yield "construct"
    model = naive()
    yield from train(model, images, labels)
    return (yield from _replaced(model, images, labels))


def control(images: Any, labels: Any) -> Program:
    """Replace the classifier of a model that is not built yet."""
    yield "construct"
    return (yield from _replaced(naive(), images, labels))


def _replaced(model: Any, images: Any, labels: Any) -> Program:
    yield "replace"
    model.classifier = Dense(10, activation="softmax", name="new_classifier")
    model(images)
    before = model.classifier.get_weights()
    yield from train(model, images, labels)
    return all_change(before, model.classifier.get_weights())
