"""Prints what probes find in a twin on the backend of the environment, whichever that is."""

import json
from typing import Any

import keras
import numpy as np

from twinproof.measured import twins
from twinproof.measured.backend import NotAvailableError, compiled_call, device, fetch, to_tensors
from twinproof.measured.probes import graph, identity, learning
from twinproof.measured.probes.apart import Apart
from twinproof.measured.probes.checks import CHECKS, Subject
from twinproof.measured.probes.formats import FORMATS
from twinproof.measured.probes.instances import Instances
from twinproof.measured.probes.pitfalls import examine
from twinproof.measured.twins import Twin
from twinproof.proof.keras_api import BACKEND
from twinproof.study.examples import Dataset, Examples
from twinproof.study.settings import GraphSettings, IdentitySettings, LearningSettings

SEED, PIXELS, CLASSES = 7, 784, 10


def dataset() -> Dataset:
    def examples(count: int, seed: int) -> Examples:
        images = np.random.default_rng(seed).random((count, PIXELS), dtype=np.float32)
        return Examples(images, np.argmax(images[:, :CLASSES], axis=1))

    return Dataset(examples(96, 0), examples(32, 1), examples(32, 2), CLASSES)


def other_dropout() -> keras.Model:
    """Return the functional network, with another rate of dropout."""
    images = keras.Input((PIXELS,))
    x = keras.layers.Dense(64, activation="relu", name="encoder")(images)
    x = keras.layers.Dropout(0.4, name="dropout")(x)
    x = keras.layers.Dense(128, activation="relu", name="decoder")(x)
    return keras.Model(images, keras.layers.Dense(CLASSES, activation="softmax", name="classifier")(x))


def compiled_is_called(twin: Twin, data: Dataset) -> bool | str:
    """Return whether a compiled call computes what a call does, before and after training."""
    model = Instances(twin, data.train.images, SEED).make("functional")
    images = to_tensors(data.test.images[:4])
    try:
        call = compiled_call(model)
    except NotAvailableError as error:
        return str(error)
    same = []
    for _ in range(2):
        same.append(np.allclose(fetch(call(images)), fetch(model(images)), atol=1e-6))
        model.train_on_batch(data.train.images, np.eye(CLASSES)[data.train.labels])
    return all(same)


def own_step(twin: Twin, style: str, data: Dataset) -> Any:
    build = Instances(twin, data.train.images, SEED).build
    given = twin.task.given(data.train, data.classes)
    subject = Subject(twin.builders[style], build, True, twin.task, given, 32)
    return CHECKS["custom_train_step"].look(subject)


def main() -> None:
    twin, data = twins.load("conditional", "twinproof.measured.twins.conditional", {}), dataset()
    with_other = Twin("conditional", {**twin.builders, "other": other_dropout})
    labels = np.eye(CLASSES, dtype=np.float32)[data.train.labels]
    facts = {
        "backend": BACKEND,
        "device": device(),
        "identity": identity.run(twin, data, SEED, IdentitySettings(1, 1, steps=3, batch_size=32))._asdict(),
        "learning": learning.run(twin, data, SEED, LearningSettings(1, 1, 1, 32, steps_per_execution=2))._asdict(),
        "graph": graph.run(with_other, data, SEED, GraphSettings(1, 1, batch_size=32))._asdict(),
        "compiled call": compiled_is_called(twin, data),
        "own step": {style: own_step(twin, style, data) for style in twin.builders},
        "lacking": {name: kind.lacking() for name, kind in FORMATS.items()},
        "pitfall": examine(Apart(60), "dynamic", "list_in_a_checkpoint", SEED, data.train.images, labels)[1],
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
