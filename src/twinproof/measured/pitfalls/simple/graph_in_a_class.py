"""On loading, the constructor gets either the graph, which it does not take, or its own arguments."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program
from twinproof.measured.pitfalls.usual import train_and_keep

TITLE = "A class whose constructor draws a graph"
STYLE = "functional"
EXPECTED = "The model that is loaded predicts what the saved one did."
REFERENCES = (
    "https://github.com/keras-team/keras/issues/20979",
    "https://github.com/keras-team/keras/issues/21546",
)


@keras.utils.register_keras_serializable("pitfalls")
class Drawn(keras.Model):
    """Has a given number of hidden units."""

    def __init__(self, units: int = 128, **kwargs: Any) -> None:
        inputs = keras.Input((784,))
        hidden = layers.Dense(units, activation="relu")(inputs)
        outputs = layers.Dense(10, activation="softmax")(hidden)
        super().__init__(inputs=inputs, outputs=outputs, **kwargs)


@keras.utils.register_keras_serializable("pitfalls")
class DrawnAgain(Drawn):
    """Is made again from the constructor's arguments."""

    def __init__(self, units: int = 128, **kwargs: Any) -> None:
        super().__init__(units, **kwargs)
        self.units = units

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"name": self.name, "units": self.units}


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, predict."""
    return train_and_keep(lambda: Drawn(64), images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a get_config that has the argument."""
    return train_and_keep(lambda: DrawnAgain(64), images, labels)
