"""Keras 3 passes `training` on from call to call.

If a call does not take it, the layers inside do not get it.
"""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "A call that does not take training"
STYLE = "subclassed"
EXPECTED = "Dropout is on while the model is trained: two losses on the same images differ, as nothing is learned."
REFERENCES = ("https://github.com/keras-team/keras-hub/issues/1500",)


class Unaware(keras.Model):
    """Trusts its dropout to know when it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = layers.Dense(64, activation="relu")
        self.dropout = layers.Dropout(0.5)
        self.decoder = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.decoder(self.dropout(self.encoder(images))))


class Aware(Unaware):
    """Passes `training` to its dropout."""

    def call(self, images: Any, training: Any = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.decoder(self.dropout(self.encoder(images), training=training)))


def program(images: Any, labels: Any) -> Program:
    """Train twice on the same images, with steps of length 0."""
    return _trained_twice(Unaware, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a call that takes training and passes it on."""
    return _trained_twice(Aware, images, labels)


def _trained_twice(kind: type[Unaware], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield "compile"
    model.compile(**COMPILED | {"optimizer": keras.optimizers.SGD(0.0)})
    yield "train"
    first, second = (float(model.fit(images, labels, verbose=0).history["loss"][0]) for _ in range(2))
    return Seen(first != second, f"the losses differ by {abs(first - second):.2g}")
