"""When a model is loaded, its constructor gets its name and other arguments."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import train_and_keep

TITLE = "A constructor that takes no keyword arguments"
STYLE = "subclassed"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/8956",
    "https://github.com/keras-team/keras/issues/19899",
)


@keras.utils.register_keras_serializable("pitfalls")
class Plain(keras.Model):
    """Takes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._make_layers()

    def _make_layers(self) -> None:
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))


@keras.utils.register_keras_serializable("pitfalls")
class Open(Plain):
    """Takes what every model takes."""

    def __init__(self, **kwargs: Any) -> None:
        keras.Model.__init__(self, **kwargs)
        self._make_layers()


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    return train_and_keep(Plain, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a constructor that takes keyword arguments."""
    return train_and_keep(Open, images, labels)
