"""Python code runs when a step is compiled, not each time it is taken."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A counter in call"
STYLE = "subclassed"
EXPECTED = "From the first step on it counts every step."
REFERENCES = ("https://github.com/bayesflow-org/bayesflow/issues/223",)


class Counting(keras.Model):
    """Counts how often it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")
        self.calls: Any = 0

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        self.calls += 1
        return self.classifier(self.hidden(images))


class CountingByWeight(Counting):
    """Counts in a weight that is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = self.add_weight(shape=(), initializer="zeros", trainable=False, name="calls")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        self.calls.assign(self.calls + 1)
        return self.classifier(self.hidden(images))


def program(images: Any, labels: Any) -> Program:
    """Train for a step, then for five more, which are counted."""
    return _counted(Counting, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a weight as the counter."""
    return _counted(CountingByWeight, images, labels)


def _counted(kind: type[Counting], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield from train(model, images, labels)
    before = int(model.calls)
    yield "train on"
    for _ in range(5):
        model.train_on_batch(images, labels)
    counted = int(model.calls) - before
    return Seen(counted == 5, f"it counts {counted} of 5 steps")
