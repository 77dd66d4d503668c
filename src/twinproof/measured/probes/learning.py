"""Do the styles of a twin learn the same?

Every style is trained by `fit`, as a user would call it, from the same weights, on the same images in the same order,
and then judged on the test images.
"""

import time
from collections.abc import Callable
from typing import Any

import keras

from twinproof.measured.probes import Outcome
from twinproof.measured.probes.instances import Instances, attempt, require_finite, shuffled
from twinproof.measured.twins import Twin
from twinproof.proof.weights import weights_digest
from twinproof.study.dataset import Dataset


def run(
    twin: Twin, data: Dataset, seed: int, settings: dict[str, Any], progress: Callable[[float, str], None]
) -> Outcome:
    """Train and test each style; `settings` has epochs, batch_size and steps_per_execution."""
    order = shuffled(twin.builders, seed)
    instances = Instances(twin, data.train.images.shape[1], seed)
    labels = {
        part: keras.utils.to_categorical(getattr(data, part).labels, data.classes)
        for part in ("train", "validation", "test")
    }
    styles = {}
    for done, style in enumerate(order):

        def measure(style: str = style, done: int = done) -> dict[str, Any]:
            model = instances.make(style, steps_per_execution=settings["steps_per_execution"])
            watch = _Watch(lambda share: progress((done + share) / len(order), style), settings["epochs"])
            model.fit(
                data.train.images,
                labels["train"],
                batch_size=settings["batch_size"],
                epochs=settings["epochs"],
                validation_data=(data.validation.images, labels["validation"]),
                callbacks=[watch],
                verbose=0,
            )
            test_loss, test_accuracy = model.evaluate(
                data.test.images, labels["test"], batch_size=settings["batch_size"], verbose=0
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

    def __init__(self, progress: Callable[[float], None], epochs: int) -> None:
        super().__init__()
        self.epochs: list[dict[str, Any]] = []
        self._progress, self._planned = progress, epochs

    @property
    def seconds(self) -> float:
        return float(sum(epoch["seconds"] for epoch in self.epochs))

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._progress(epoch / self._planned)
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
