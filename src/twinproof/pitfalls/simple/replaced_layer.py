"""The first one may stay with the model, which nobody calls."""

from typing import Any

from keras.layers import Dense

from twinproof.pitfalls import Program, Seen
from twinproof.pitfalls.usual import train
from twinproof.twins.simple import subclassed

TITLE = "A layer that is replaced before the model is used"
STYLE = "subclassed"
EXPECTED = "The model has the two layers that it uses."
REFERENCES = ("https://github.com/keras-team/keras/issues/19268",)


def program(images: Any, labels: Any) -> Program:
    """Replace the classifier, train."""
    yield "construct"
    model = subclassed()
    yield "replace"
    model.classifier = Dense(10, activation="softmax", name="other_classifier")
    yield from train(model, images, labels)
    names = [layer.name for layer in model.layers]
    return Seen(len(names) == 2, f"its layers are {', '.join(names)}")
