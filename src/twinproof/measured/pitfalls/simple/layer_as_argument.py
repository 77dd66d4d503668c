"""On loading, the constructor gets a description of the layer, not the layer."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import train_and_keep

TITLE = "A layer as an argument of the constructor, in the config as it is"
STYLE = "subclassed"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = ("https://github.com/keras-team/keras-io/pull/1461",)


@keras.utils.register_keras_serializable("pitfalls")
class Given(keras.Model):
    """Is given its hidden layer."""

    def __init__(self, hidden: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = hidden
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "hidden": self.hidden}


@keras.utils.register_keras_serializable("pitfalls")
class Described(Given):
    """Makes the layer again from its description."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, the layer as its description."""
        return {**super().get_config(), "hidden": keras.utils.serialize_keras_object(self.hidden)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Described":
        """Return the model that a config describes."""
        return cls(**config | {"hidden": keras.utils.deserialize_keras_object(config["hidden"])})


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    return train_and_keep(lambda: Given(layers.Dense(128, activation="relu")), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a config in which the layer is described."""
    return train_and_keep(lambda: Described(layers.Dense(128, activation="relu")), images, labels)
