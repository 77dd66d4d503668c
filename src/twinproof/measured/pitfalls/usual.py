"""The usual use of a model: it is trained on a batch, saved, and compared with the loaded model."""

from collections.abc import Callable, Generator
from typing import Any

import keras
import numpy as np

from twinproof.measured.backend import BY_XLA
from twinproof.measured.pitfalls import Program, Seen

COMPILED: dict[str, Any] = {"optimizer": "adam", "loss": "categorical_crossentropy", "jit_compile": BY_XLA}


def train(model: Any, images: Any, labels: Any, **compiled: Any) -> Generator[str, None, None]:
    """Compile a model in the usual way, except for these arguments, and train it for one step."""
    yield "compile"
    model.compile(**COMPILED | compiled)
    yield "train"
    model.train_on_batch(images, labels)


def keep(model: Any, images: Any) -> Program:
    """Save a model, load it and see whether both predict the same."""
    expected = model.predict_on_batch(images)
    yield "save"
    model.save("model.keras")
    yield "load"
    loaded = keras.models.load_model("model.keras")
    yield "predict"
    return same_outputs(loaded.predict_on_batch(images), expected)


def train_and_keep(make: Callable[[], Any], images: Any, labels: Any) -> Program:
    """Make a model, train it, save it, load it and see whether both predict the same."""
    yield "construct"
    model = make()
    yield from train(model, images, labels)
    return (yield from keep(model, images))


def same_outputs(found: Any, expected: Any) -> Seen:
    """See whether outputs are the same, bit for bit."""
    apart = float(np.abs(found - expected).max())
    return Seen(apart == 0, f"outputs differ by up to {apart:.2g}" if apart else "the outputs are the same")


def all_change(before: list[Any], after: list[Any]) -> Seen:
    """See whether training changed all arrays of weights."""
    changed = _changed(before, after)
    return Seen(changed == len(before), f"{changed} of {len(before)} arrays of weights changed")


def none_change(before: list[Any], after: list[Any]) -> Seen:
    """See whether training left all arrays of weights unchanged."""
    changed = _changed(before, after)
    return Seen(changed == 0, f"{changed} of {len(before)} arrays of weights changed")


def _changed(before: list[Any], after: list[Any]) -> int:
    if len(before) != len(after):
        raise ValueError(f"{len(before)} arrays of weights before training, {len(after)} after it")
    return sum(not np.array_equal(*pair) for pair in zip(before, after))
