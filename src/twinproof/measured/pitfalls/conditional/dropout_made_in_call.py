"""Example 2 of the article, as it is printed.

In Keras 3, such a layer has a state, which cannot be made during training.
"""

from typing import Any

import keras
from keras.layers import Dense, Dropout

from twinproof.measured.pitfalls import Program, Seen

TITLE = "A new Dropout layer in each call"
STYLE = "subclassed"
EXPECTED = "The model trains."
REFERENCES = ("https://github.com/tensorflow/tensorflow/issues/27120",)


class Printed(keras.Model):
    """Makes its dropout when it needs it."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Dense(64, activation="relu")
        self.decoder = Dense(128, activation="relu")
        self.classifier = Dense(10, activation="softmax")

    def call(self, images: Any, training: Any = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.encoder(images)
        if training:
            x = Dropout(0.5)(x, training=training)
        return self.classifier(self.decoder(x))


class Kept(Printed):
    """Makes its dropout once."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = Dropout(0.5)

    def call(self, images: Any, training: Any = None) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = self.encoder(images)
        if training:
            x = self.dropout(x, training=training)
        return self.classifier(self.decoder(x))


def program(images: Any, labels: Any) -> Program:
    """Train for two epochs."""
    return _trained(Printed, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a layer that is made in the constructor."""
    return _trained(Kept, images, labels)


def _trained(kind: type[Printed], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield "compile"
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    yield "train"
    losses = model.fit(images, labels, batch_size=32, epochs=2, verbose=0).history["loss"]
    return Seen(losses[1] < losses[0], f"the loss goes from {losses[0]:.2f} to {losses[1]:.2f}")
