"""Prints how the prover, and the identity probe on images, judge each difference that usual inputs do not show."""

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import twinproof
from twinproof.measured.probes import identity
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset, Examples
from twinproof.study.settings import IdentitySettings

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from catalogue.dense_different_unusual import PAIRS

PIXELS, CLASSES, STEPS = 8, 3, 3


def dataset() -> Dataset:
    """Return images like those of a study, with pixels between 0 and 1."""

    def examples(count: int, seed: int) -> Examples:
        images = np.random.default_rng(seed).random((count, PIXELS), dtype=np.float32)
        return Examples(images, np.argmax(images[:, :CLASSES], axis=1))

    return Dataset(examples(330, 0), examples(40, 1), examples(40, 2), CLASSES)


def found(record: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict of a proof, the stages that differ, and what is to blame."""
    stages = [stage["stage"] for stage in record["stages"] if stage["outcome"] == "different"]
    return {"verdict": record["verdict"], "stages": stages, "culprit": record["culprit"]}


class Strict(keras.Model):
    """Refuses values that are not pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.out = keras.layers.Dense(CLASSES, activation="softmax", name="out")

    def call(self, images: Any) -> Any:
        with tf.control_dependencies([tf.debugging.assert_less_equal(images, 1.0)]):
            return self.out(tf.identity(images))


def strict() -> dict[str, Any]:
    """Return the proof of a model that does not run on large numbers, compared with itself."""
    images = dataset().train.images[:32]
    proof = twinproof.prove(Strict, Strict, data=(images, np.eye(CLASSES, dtype="float32")[[0] * 32]), steps=1)
    return {"verdict": str(proof.verdict), "notes": list(proof.notes)}


def main() -> None:
    facts: dict[str, Any] = {"strict": strict()}
    for pair in PAIRS:
        twin = Twin("small", {"functional": pair.first, "subclassed": pair.second})
        settings = IdentitySettings(replicates=1, threads=1, steps=STEPS, batch_size=16)
        styles = identity.run(twin, dataset(), 7, settings).styles
        facts[pair.name] = {
            "culprits": pair.culprit,
            "prover": found(twinproof.prove(pair.first, pair.second, steps=STEPS).as_record()),
            "study": found(styles["subclassed"]["result"]["comparison"]["proof"]),
            "control": found(styles["control"]["result"]["comparison"]["proof"]),
        }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
