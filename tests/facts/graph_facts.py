"""Prints what the graph probe finds for styles that do, or do not, compile to the same graph."""

import json
from functools import partial
from types import SimpleNamespace as Fake
from typing import Any

import keras
import styles
from keras import layers

from twinproof.measured.probes import graph
from twinproof.measured.twins import Twin
from twinproof.proof import tracing
from twinproof.study.settings import GraphSettings

# Names of styles are arbitrary here, so one functional and its controls serve for many.
PARTICIPANTS = {
    "functional": styles.functional,
    "subclassed": partial(styles.Backwards, name="small"),
    "other activation": partial(styles.functional, activation="tanh"),
    "more noise": partial(styles.functional, deviation=0.2),
    "raises": styles.raises,
}


class Joined(keras.Model):
    """Adds two branches and multiplies the sum by a third, with operators."""

    def __init__(self) -> None:
        super().__init__(name="small")
        self.first, self.second, self.middle = (layers.Dense(8, name=name) for name in ("first", "second", "middle"))
        self.classifier = layers.Dense(styles.CLASSES, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        return self.classifier((self.first(images) + self.second(images)) * self.middle(images))


def joined() -> keras.Model:
    """Return the same network with layers, whose names put the operands in the other order."""
    images = keras.Input((styles.PIXELS,))
    first, second, middle = (layers.Dense(8, name=name)(images) for name in ("first", "second", "middle"))
    total = layers.Multiply(name="product")([layers.Add(name="total")([first, second]), middle])
    return keras.Model(
        images, layers.Dense(styles.CLASSES, activation="softmax", name="classifier")(total), name="small"
    )


class Recurrent(keras.Model):
    """Reads an image by rows; TensorFlow 2.15 compiles a separate function for such a layer."""

    def __init__(self) -> None:
        super().__init__(name="small")
        self.rows = layers.Reshape((4, styles.PIXELS // 4), name="rows")
        self.reader = layers.GRU(3, name="reader")
        self.classifier = layers.Dense(styles.CLASSES, activation="softmax", name="classifier")

    def call(self, images: Any) -> Any:
        return self.classifier(self.reader(self.rows(images)))


def recurrent() -> keras.Model:
    """Return the same as a functional model."""
    images = keras.Input((styles.PIXELS,))
    read = layers.GRU(3, name="reader")(layers.Reshape((4, styles.PIXELS // 4), name="rows")(images))
    classes = layers.Dense(styles.CLASSES, activation="softmax", name="classifier")(read)
    return keras.Model(images, classes, name="small")


def called_by_a_loop() -> list[list[str]]:
    """Return the functions that a loop calls, read twice: protobuf returns attributes in any order."""
    functions = [(name, Fake(func=Fake(name=name), list=Fake(func=[]))) for name in ("body", "cond")]
    return [list(tracing._callees(Fake(attr=dict(order)))) for order in (functions, functions[::-1])]


def run(builders: dict[str, Any]) -> Any:
    settings = GraphSettings(replicates=1, threads=1, batch_size=16)
    return graph.run(Twin("small", builders), styles.dataset(), 7, settings)._asdict()


def main() -> None:
    facts = {
        "many": run(PARTICIPANTS),
        "joined": run({"functional": joined, "subclassed": Joined}),
        "recurrent": run({"functional": recurrent, "subclassed": Recurrent}),
        "functional raises": run({"functional": styles.raises, "subclassed": PARTICIPANTS["subclassed"]}),
        "called by a loop": called_by_a_loop(),
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
