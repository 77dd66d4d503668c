"""Do the styles of a twin learn the same?

Every style is trained by `fit`, as a user would call it, from the same weights, on the same images in the same order,
and then judged on the test images.
"""

from __future__ import annotations

import time
from typing import Any, TypedDict

import keras

from twinproof.measured.probes import Outcome
from twinproof.measured.probes.instances import Instances, attempt, require_finite, shuffled
from twinproof.measured.twins import Twin
from twinproof.proof.weights import weights_digest
from twinproof.study.examples import Dataset
from twinproof.study.settings import LearningSettings


class Epoch(TypedDict):
    """One epoch; its seconds are without the noting."""

    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float
    weights: str


class Learned(TypedDict):
    """What one style learned; `weights` is their digest at the end."""

    epochs: list[Epoch]
    seconds: float
    test_loss: float
    test_accuracy: float
    weights: str


def run(twin: Twin, data: Dataset, seed: int, settings: LearningSettings) -> Outcome:
    """Train and test each style."""
    order = shuffled(twin.builders, seed)
    instances = Instances(twin, data.train.images.shape[1], seed)
    labels = {
        part: keras.utils.to_categorical(getattr(data, part).labels, data.classes)
        for part in ("train", "validation", "test")
    }
    styles = {}
    for style in order:

        def measure(style: str = style) -> Learned:
            model = instances.make(style, steps_per_execution=settings.steps_per_execution)
            watch = _Watch()
            model.fit(
                data.train.images,
                labels["train"],
                batch_size=settings.batch_size,
                epochs=settings.epochs,
                validation_data=(data.validation.images, labels["validation"]),
                callbacks=[watch],
                verbose=0,
            )
            test_loss, test_accuracy = model.evaluate(
                data.test.images, labels["test"], batch_size=settings.batch_size, verbose=0
            )
            return {
                "epochs": watch.epochs,
                "seconds": watch.seconds,
                "test_loss": require_finite(test_loss, "the test loss"),
                "test_accuracy": float(test_accuracy),
                "weights": weights_digest(model),
            }

        styles[style] = attempt(measure)
    return Outcome(order, styles)


class _Watch(keras.callbacks.Callback):
    """Notes each epoch: losses, accuracies, the digest of the weights, and its seconds without this noting."""

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
        self.epochs.append(
            {
                "loss": require_finite(logs["loss"], f"the loss of epoch {epoch + 1}"),
                "accuracy": float(logs["accuracy"]),
                "validation_loss": require_finite(logs["val_loss"], f"the validation loss of epoch {epoch + 1}"),
                "validation_accuracy": float(logs["val_accuracy"]),
                "seconds": seconds,
                "weights": weights_digest(self.model),
            }
        )
