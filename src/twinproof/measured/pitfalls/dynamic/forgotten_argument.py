"""In every copy, the forgotten argument has its default value, and nothing fails."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import train

TITLE = "A get_config that forgets an argument"
STYLE = "subclassed"
EXPECTED = "A clone has as many layers as the model."
REFERENCES = ("https://github.com/keras-team/keras-hub/issues/3072",)


@keras.utils.register_keras_serializable("pitfalls")
class Forgetful(keras.Model):
    """Is two layers deep by default."""

    def __init__(self, depth: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = [layers.Dense(64, activation="relu") for _ in range(depth)]
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        x = images
        for layer in self.hidden:
            x = layer(x)
        return self.classifier(x)

    def get_config(self) -> dict[str, Any]:
        """Return the config of this model, without its depth."""
        return {"name": self.name}


@keras.utils.register_keras_serializable("pitfalls")
class Mindful(Forgetful):
    """Remembers how deep it is."""

    def __init__(self, depth: int = 2, **kwargs: Any) -> None:
        super().__init__(depth, **kwargs)
        self.depth = depth

    def get_config(self) -> dict[str, Any]:
        """Return the arguments from which this model can be made again."""
        return {**super().get_config(), "depth": self.depth}


def program(images: Any, labels: Any) -> Program:
    """Train, clone, build the clone and compare its weights."""
    return _cloned(Forgetful, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a get_config that has the argument."""
    return _cloned(Mindful, images, labels)


def _cloned(kind: type[Forgetful], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind(5)
    yield from train(model, images, labels)
    yield "clone"
    clone = keras.models.clone_model(model)
    yield "predict"
    clone.predict_on_batch(images)
    found, expected = len(clone.weights), len(model.weights)
    return Seen(found == expected, f"{found} arrays of weights in the clone, {expected} in the model")
