"""Prints what probes find for networks with their own task, and which tasks are refused."""

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
import styles
from keras import layers

import twinproof
from twinproof.base.errors import UserError
from twinproof.measured.probes import graph, identity, learning
from twinproof.measured.probes.contract import require_contract
from twinproof.measured.probes.formats import FORMATS
from twinproof.measured.probes.operations import Case, carry_out, save_and_load
from twinproof.measured.task import Task, read_task
from twinproof.measured.twins import Twin
from twinproof.proof.specs import Spec
from twinproof.proof.text import as_text
from twinproof.study.settings import GraphSettings, IdentitySettings, LearningSettings

HALF = styles.PIXELS // 2
IDENTITY = IdentitySettings(replicates=1, threads=1, steps=2, batch_size=16)
LEARNING = LearningSettings(replicates=1, threads=1, epochs=2, batch_size=32, steps_per_execution=1)


def halves(images: Any, labels: Any) -> Any:
    """Two inputs, one of them ids; two outputs."""
    ids = (images[:, HALF:] * 3).astype("int32")
    return {"light": images[:, :HALF], "ids": ids}, {"place": np.eye(3)[labels], "sum": images.sum(axis=1)[:, None]}


def compiling() -> dict[str, Any]:
    return {
        "optimizer": keras.optimizers.SGD(0.01),
        "loss": {"place": "categorical_crossentropy", "sum": "mse"},
        "loss_weights": {"place": 1.0, "sum": 0.1},
        "metrics": {"place": ["accuracy"]},
    }


def functional(slope: float = 1.0) -> keras.Model:
    inputs = {"light": keras.Input((HALF,), name="light"), "ids": keras.Input((HALF,), dtype="int32", name="ids")}
    seen = layers.Dense(8, activation="relu", name="seen")(inputs["light"])
    read = layers.Flatten(name="flat")(layers.Embedding(3, 4, name="table")(inputs["ids"]))
    both = layers.Concatenate(name="both")([seen, read])
    total = layers.Dense(1, name="sum")(layers.Rescaling(slope, name="slope")(both))
    return keras.Model(inputs, {"place": layers.Dense(3, activation="softmax", name="place")(both), "sum": total})


class Subclassed(keras.Model):
    def __init__(self, slope: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seen = layers.Dense(8, activation="relu", name="seen")
        self.table = layers.Embedding(3, 4, name="table")
        self.flat, self.both = layers.Flatten(name="flat"), layers.Concatenate(name="both")
        self.slope = layers.Rescaling(slope, name="slope")
        self.place, self.sum = layers.Dense(3, activation="softmax", name="place"), layers.Dense(1, name="sum")

    def call(self, inputs: Any) -> Any:
        both = self.both([self.seen(inputs["light"]), self.flat(self.table(inputs["ids"]))])
        return {"place": self.place(both), "sum": self.sum(self.slope(both))}


def regression(images: Any, labels: Any) -> Any:
    return images, images.mean(axis=1, keepdims=True)


def one_number() -> keras.Model:
    return keras.Sequential([keras.Input((styles.PIXELS,)), layers.Dense(1, name="number")])


def numbers() -> keras.Model:
    images = keras.Input((styles.PIXELS,))
    return keras.Model(images, layers.Dense(1, name="number")(images))


class Silent(keras.Model):
    """Trains as others do, but does not return its loss."""

    def train_step(self, data: Any) -> Any:
        return {"own": super().train_step(data)["loss"]}


def silent() -> keras.Model:
    images = keras.Input((styles.PIXELS,))
    return Silent(images, layers.Dense(1, name="number")(images))


HALVES = Task(data=halves, compiling=compiling)
REGRESSION = Task(data=regression, compiling=lambda: {"optimizer": "sgd", "loss": "mse"})
MSE: Callable[[], dict[str, Any]] = partial(dict, optimizer="sgd", loss="mse")
OPTIMIZER = keras.optimizers.SGD()


def twin(task: Task, **builders: Any) -> Twin:
    return Twin("mine", builders, task=task)


def refused(task: Task, functional: Any = numbers, subclassed: Any = numbers) -> str | None:
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            require_contract(twin(task, functional=functional, subclassed=subclassed), styles.dataset(), 1)
        except UserError as error:
            return str(error)
    return None


def unread(**parts: Any) -> str | None:
    module = type(keras)("mine")
    vars(module).update(parts)
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            read_task("mine", module)
        except UserError as error:
            return str(error)
    return None


# Neither model knows its inputs, and only the file says how they are compiled.
WRITTEN = """
import keras
class Mine(keras.Model):
    def __init__(self):
        super().__init__()
        self.flat, self.only = keras.layers.Flatten(), keras.layers.Dense(1)
    def call(self, images):
        return self.only(self.flat(images))
def old():
    return Mine()
def new():
    return Mine()
def inputs():
    return "4,4,1"
def compiling():
    return {"optimizer": "sgd", "loss": "mean_absolute_error"}
"""


def proven() -> dict[str, Any]:
    """Return the proof of models in a file that defines their task."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "mine.py"
        file.write_text(WRITTEN)
        proof = twinproof.prove(f"{file}:old", f"{file}:new", steps=1)
    return {"one network": proof.one_network, "text": as_text(proof)}


def kept(name: str) -> dict[str, Any]:
    """Return the outcome of functional in one format, in this process."""
    task = HALVES.given(styles.dataset().train.rows(slice(24)), styles.CLASSES)
    case = Case(twin(HALVES, functional=functional), "functional", 1, task)
    with tempfile.TemporaryDirectory() as folder:
        found = carry_out(save_and_load, case, name, Path(folder) / FORMATS[name].file, 1)
    return {key: found.get(key) for key in ("bit_equal", "largest", "error")}


def main() -> None:
    data = styles.dataset()
    several = twin(HALVES, functional=functional, subclassed=Subclassed, sequential=partial(Subclassed, 1.5))
    number = twin(REGRESSION, functional=numbers, sequential=one_number, subclassed=silent)
    image = Task(specs=Spec((4, 4, 1)))
    with patch.object(graph, "COMPILED", ("train_step", "compiled_call")):
        graphs = graph.run(several, data, 7, GraphSettings(replicates=1, threads=1, batch_size=16))
    facts = {
        "identity": identity.run(several, data, 7, IDENTITY).styles,
        "graph": graphs.styles,
        "learning": learning.run(several, data, 7, LEARNING).styles,
        "regression": learning.run(number, data, 7, LEARNING).styles,
        "proven": proven(),
        "kept": {name: kept(name) for name in (".keras", ".weights.h5, built", "SavedModel", "ONNX", "LiteRT")},
        "reshaped": list(image.given(data.test, styles.CLASSES).inputs.shape),
        "refused": {
            "sound": refused(HALVES, functional, Subclassed),
            "unequal": refused(Task(data=lambda images, labels: (images, labels[:5]), compiling=MSE)),
            "no array": refused(Task(data=lambda images, labels: (images, "labels"), compiling=MSE)),
            "raises": refused(Task(data=lambda images, labels: images[labels + 99], compiling=MSE)),
            "other inputs": refused(Task(data=regression, compiling=MSE, specs=Spec((4, 4)))),
            "targets of another shape": refused(Task(data=lambda images, labels: (images, images), compiling=MSE)),
            "no such loss": refused(Task(data=regression, compiling=lambda: {"loss": "lost"})),
            "one array": refused(Task(data=lambda images, labels: images, compiling=MSE)),
            "inputs raise": unread(inputs=lambda: 1 / 0),
            "compiling ends": unread(compiling=sys.exit),
            "a value": unread(compiling={"loss": "mse"}),
            "no dict": unread(compiling=lambda: "mse"),
            "one optimizer": unread(compiling=lambda: {"optimizer": OPTIMIZER}),
            "no text of inputs": unread(inputs=lambda: "28x28"),
            "several inputs": unread(inputs=lambda: "image=4,4 ids=2:int32"),
        },
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
