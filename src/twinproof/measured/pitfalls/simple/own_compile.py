"""When Keras loads the model, it does not know these arguments."""

from typing import Any

import keras
from keras import layers

from twinproof.measured.pitfalls import Program, Seen
from twinproof.measured.pitfalls.usual import COMPILED

TITLE = "A compile with arguments of its own"
STYLE = "subclassed"
EXPECTED = "The model that is loaded goes on training."
REFERENCES = ("https://github.com/bayesflow-org/bayesflow/pull/442",)


@keras.utils.register_keras_serializable("pitfalls")
class Rated(keras.Model):
    """Is compiled with only a rate."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.hidden = layers.Dense(128, activation="relu")
        self.classifier = layers.Dense(10, activation="softmax")

    def call(self, images: Any) -> Any:
        """Return the class probabilities of `images`, shape (n, 10)."""
        return self.classifier(self.hidden(images))

    def compile(self, rate: float) -> None:
        """Prepare training at this rate."""
        super().compile(**COMPILED | {"optimizer": keras.optimizers.Adam(rate)})


@keras.utils.register_keras_serializable("pitfalls")
class RatedAgain(Rated):
    """Says how it was compiled."""

    def compile(self, rate: float) -> None:
        """Prepare training at this rate."""
        super().compile(rate)
        self.rate = rate

    def get_compile_config(self) -> dict[str, Any]:
        """Return the arguments of compile."""
        return {"rate": self.rate}

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile with the saved arguments, and build the optimizer for the weights."""
        self.compile(**config)
        self.optimizer.build(self.trainable_variables)


def program(images: Any, labels: Any) -> Program:
    """Train, save, load, train on."""
    return _trained_on(Rated, images, labels)


def control(images: Any, labels: Any) -> Program:
    """Do the same with a class that says how it was compiled."""
    return _trained_on(RatedAgain, images, labels)


def _trained_on(kind: type[Rated], images: Any, labels: Any) -> Program:
    yield "construct"
    model = kind()
    yield "compile"
    model.compile(0.001)
    yield "train"
    model.train_on_batch(images, labels)
    yield "save"
    model.save("rated.keras")
    yield "load"
    loaded = keras.models.load_model("rated.keras")
    yield "train on"
    loaded.train_on_batch(images, labels)
    return Seen(True, "it trains")
