"""Do the styles of a twin learn the same?

Every style is trained by `fit`, as a user would call it, from the same weights, on the same images in the same order,
and then judged on the test images.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, TypedDict

import keras

from twinproof.measured.backend import steps_at_once
from twinproof.measured.probes import Outcome
from twinproof.measured.probes.instances import Instances, attempt, require_finite, shuffled
from twinproof.measured.twins import Twin
from twinproof.proof.weights import weights_digest
from twinproof.study.examples import Dataset
from twinproof.study.settings import LearningSettings

# Keras's prefix of the names of results on the validation images.
VALIDATED = "val_"


class Epoch(TypedDict):
    """One epoch; its seconds do not include the recording. There is no accuracy if the metrics have none."""

    loss: float
    accuracy: float | None
    validation_loss: float
    validation_accuracy: float | None
    seconds: float
    weights: str


class _Learned(TypedDict):
    """What one style learned; `weights` is their digest at the end."""

    epochs: list[Epoch]
    seconds: float
    test_loss: float
    test_accuracy: float | None
    weights: str


class Learned(_Learned, total=False):
    """The same; for a twin with its own task, also the metric that is its accuracy, or None."""

    metric: str | None


def run(twin: Twin, data: Dataset, seed: int, settings: LearningSettings) -> Outcome:
    """Train and test each style."""
    order = shuffled(twin.builders, seed)
    parts = (data.train.rows(slice(settings.images)), data.validation, data.test)
    train, validation, test = (twin.task.given(part, data.classes) for part in parts)
    instances = Instances(twin, train.inputs, seed)
    styles = {}
    for style in order:

        def measure(style: str = style) -> Learned:
            model = instances.make(style, steps_per_execution=steps_at_once(settings.steps_per_execution))
            watch = _Watch()
            model.fit(
                train.inputs,
                train.targets,
                batch_size=settings.batch_size,
                epochs=settings.epochs,
                validation_data=(validation.inputs, validation.targets),
                callbacks=[watch],
                verbose=0,
            )
            found = model.evaluate(
                test.inputs, test.targets, batch_size=settings.batch_size, verbose=0, return_dict=True
            )
            learned: Learned = {
                "epochs": watch.epochs,
                "seconds": watch.seconds,
                "test_loss": _loss(found, "the test loss"),
                "test_accuracy": _accuracy(found),
                "weights": weights_digest(model),
            }
            if not twin.task.is_usual:
                learned["metric"] = _metric(found)
            return learned

        styles[style] = attempt(measure)
    return Outcome(order, styles)


class _Watch(keras.callbacks.Callback):
    """Records each epoch: losses, accuracies, the digest of the weights, and its seconds without this recording."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs: list[Epoch] = []

    @property
    def seconds(self) -> float:
        return float(sum(epoch["seconds"] for epoch in self.epochs))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        seconds = time.perf_counter() - self._start
        logs = logs or {}
        trained = {name: value for name, value in logs.items() if not name.startswith(VALIDATED)}
        validated = {name[len(VALIDATED) :]: value for name, value in logs.items() if name.startswith(VALIDATED)}
        self.epochs.append(
            {
                "loss": _loss(trained, f"the loss of epoch {epoch + 1}"),
                "accuracy": _accuracy(trained),
                "validation_loss": _loss(validated, f"the validation loss of epoch {epoch + 1}"),
                "validation_accuracy": _accuracy(validated),
                "seconds": seconds,
                "weights": weights_digest(self.model),
            }
        )


def _loss(found: Mapping[str, Any], what: str) -> float:
    if "loss" not in found:
        raise KeyError(f"{what} is not known: a custom training step must return `loss`; found {list(found)}")
    return require_finite(found["loss"], what)


def _metric(found: Mapping[str, Any]) -> str | None:
    """Return the first metric that is an accuracy by its name, as Keras names it by default."""
    return next((name for name in found if name == "acc" or name.endswith("accuracy")), None)


def _accuracy(found: Mapping[str, Any]) -> float | None:
    name = _metric(found)
    return None if name is None else float(found[name])
