"""Example 3 of the article has such an argument: the depth. To load the model, Keras needs it."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import train_and_keep

TITLE = "An argument of the constructor, and no get_config"
STYLE = "subclassed"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = ("https://github.com/keras-team/keras-core/issues/469",)


@keras.utils.register_keras_serializable("pitfalls")
class Untold(keras.Model):
    """Requires its depth as an argument, but leaves it out of its config."""

    def __init__(self, depth: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = [layers.Dense(64, activation="relu") for _ in range(depth)]
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)


@keras.utils.register_keras_serializable("pitfalls")
class Told(Untold):
    """Says how deep it is."""

    def __init__(self, depth: int, **kwargs: Any) -> None:
        super().__init__(depth, **kwargs)
        self.depth = depth

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which this model can be made again."""
        return {**super().get_config(), "depth": self.depth}


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    return train_and_keep(lambda: Untold(5), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a class that has a get_config."""
    return train_and_keep(lambda: Told(5), images, labels)
