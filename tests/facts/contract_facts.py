"""Prints the messages about twins whose functions return something invalid."""

import contextlib
import io
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
import styles
import tensorflow as tf
from keras import layers
from styles import CLASSES, PIXELS

from twinproof.base.errors import UserError
from twinproof.measured.probes.contract import require_contract
from twinproof.measured.probes.instances import Instances, attempt
from twinproof.measured.twins import Twin

SOUND = partial(styles.Backwards, name="small")


def graph(*inner: Any, dtype: str = "float32") -> keras.Model:
    """Return a functional model of these layers."""
    images = keras.Input((PIXELS,), dtype=dtype)
    x = images
    for layer in inner:
        x = layer(x)
    return keras.Model(images, x)


def classifier(activation: str | None = "softmax", classes: int = CLASSES) -> Any:
    return layers.Dense(classes, activation=activation)


def of_ids(**options: Any) -> keras.Model:
    return graph(layers.Embedding(10, 4), layers.Flatten(), classifier(), **options)


class Looks(keras.Model):
    """Looks up images, or ids that it makes from them."""

    def __init__(self, makes_ids: bool) -> None:
        super().__init__()
        self.makes_ids = makes_ids
        self.table, self.flat, self.last = layers.Embedding(256, 4), layers.Flatten(), classifier()

    def call(self, images: Any) -> Any:
        return self.last(self.flat(self.table(tf.cast(images * 255, "int32") if self.makes_ids else images)))


class Fails(keras.Model):
    """Cannot be called."""

    def call(self, images: Any) -> Any:
        raise ValueError("no call")


class Mute(Exception):  # noqa: N818
    """An error whose text is not available."""

    def __str__(self) -> str:
        raise RuntimeError


def compiled() -> keras.Model:
    model = styles.functional()
    model.compile(loss="mse")
    return model


def raises(error: BaseException) -> Callable[[], Any]:
    def build() -> Any:
        raise error

    return build


def shared() -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Return two functions whose models are different, but share weights."""
    hidden = classifier()
    return (lambda: graph(hidden, classifier())), (lambda: graph(hidden, layers.Activation("softmax")))


def leaves() -> keras.Model:
    sys.exit(0)


NAMES = {"functional": "a", "subclassed": "b"}
ONE = styles.functional()
FUNCTIONAL: dict[str, Callable[[], Any]] = {
    "sound": styles.functional,
    "ids of its own": partial(Looks, True),
    "no softmax": lambda: graph(classifier(None)),
    "sigmoid": lambda: graph(classifier("sigmoid")),
    "softmax and more": lambda: graph(classifier(), layers.Rescaling(2.0)),
    "not finite": styles.not_a_number,
    "other shape": styles.other_shape,
    "other classes": lambda: graph(classifier(classes=CLASSES + 1)),
    "two outputs": lambda: keras.Model((x := keras.Input((PIXELS,))), {"a": classifier()(x), "b": classifier()(x)}),
    "other width": partial(keras.Sequential, [keras.Input((PIXELS + 1,)), classifier()]),
    "integers": partial(of_ids, dtype="int32"),
    "embedding": of_ids,
    "embedding in a class": partial(Looks, False),
    "compiled": compiled,
    "nothing": lambda: None,
    "a layer": classifier,
    "one for all": lambda: ONE,
    "wrong argument": lambda: layers.Dense(3, units=3),
    "fails in call": Fails,
    "mute": raises(Mute()),
    "without a text": raises(ValueError()),
    "half a pair": raises(ValueError("half \ud800 a pair")),
    "exits": leaves,
    "interrupts": raises(KeyboardInterrupt()),
}


def say(functional: Callable[[], Any], subclassed: Callable[[], Any]) -> dict[str, Any]:
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            require_contract(Twin("mine", {"functional": functional, "subclassed": subclassed}), styles.dataset(), 1)
            told = None
        except UserError as error:
            told = str(error)
    return {"told": told, "traceback": said.getvalue()}


def own_errors() -> dict[str, Any]:
    """Return the error of each style if none can be built, and if none has weights that can be distinguished."""
    twins = {
        "raise": {"functional": raises(ValueError("one")), "subclassed": raises(ValueError("other"))},
        "named alike": {style: partial(styles.functional, names=(name, name)) for style, name in NAMES.items()},
    }
    return {
        kind: {style: attempt(partial(_make, Twin("mine", builders), style))["error"] for style in builders}
        for kind, builders in twins.items()
    }


def _make(twin: Twin, style: str) -> dict[str, Any]:
    Instances(twin, np.zeros((2, PIXELS), np.float32), 1).make(style)
    return {}


def main() -> None:
    facts = {name: say(functional, SOUND) for name, functional in FUNCTIONAL.items()}
    facts |= {
        "no softmax in the other": say(styles.functional, lambda: graph(classifier(None))),
        "shared by both": say(*shared()),
    }
    last = iter([styles.functional(), styles.functional()])
    kept: list[keras.Model] = []

    def first() -> keras.Model:
        kept.append(next(last))
        return kept[-1]

    facts["the other's"] = say(first, lambda: kept[0])
    print(json.dumps({"told": facts, "own": own_errors()}))


if __name__ == "__main__":
    main()
