"""A Python number that a callback changes.

The training step is compiled once, with the value at that time.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "A Python number that a callback changes"
STYLE = "subclassed"
EXPECTED = "The second epoch uses the new number, so that its loss differs; nothing is learned."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/13826",
    "https://github.com/ai2es/miles-guess/pull/5",
)


class Scaled(keras.Model):
    """Multiplies the output of its hidden layer by a number."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")
        self.factor: Any = 1.0

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.factor * self.hidden(images))

    def change(self) -> None:
        """Take another factor."""
        self.factor = 3.0


class ScaledByWeight(Scaled):
    """Multiplies it by a weight that is not trained."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = self.add_weight(shape=(), initializer="ones", trainable=False, name="factor")

    def change(self) -> None:
        """Take another factor."""
        self.factor.assign(3.0)


def program(images: Any, labels: Any) -> Program:
    """Train for two epochs, with steps of length 0, and change the number in between."""
    yield "construct"
    model = Scaled()
    return (yield from changed(model, model.change, images, labels))


def control(images: Any, labels: Any) -> Program:
    """Do the same with a weight that is not trained."""
    yield "construct"
    model = ScaledByWeight()
    return (yield from changed(model, model.change, images, labels))


def changed(model: Any, change: Callable[[], None], images: Any, labels: Any) -> Program:
    """Train for two epochs, with steps of length 0, and change something in between."""
    between = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, logs: change() if epoch == 1 else None)
    yield "compile"
    model.compile(**COMPILED | {"optimizer": keras.optimizers.SGD(0.0)})
    yield "train"
    history = model.fit(
        images, labels, batch_size=len(images), epochs=2, shuffle=False, callbacks=[between], verbose=0
    ).history
    first, second = history["loss"]
    return Seen(abs(first - second) > 1e-5, f"the losses differ by {abs(first - second):.2g}")
