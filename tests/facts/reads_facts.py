"""Prints the messages about files that Keras, h5py and TensorFlow read, each in its own way."""

import json
from pathlib import Path

import h5py
import keras
import styles
import tensorflow as tf

from twinproof.base.errors import UserError
from twinproof.measured.reads import require_named

FOLDER = Path("models")
READS = {
    "weights": lambda: styles.functional().load_weights(str(FOLDER / "w.weights.h5")),
    "model": lambda: keras.models.load_model(str(FOLDER / "w.keras")),
    "h5py": lambda: h5py.File(FOLDER / "w.weights.h5", "r").close(),
    "gfile": lambda: tf.io.gfile.GFile(str(FOLDER / "w.txt")).read(),
    "checkpoint": lambda: tf.train.load_checkpoint(str(FOLDER / "w")),
    "SavedModel": lambda: tf.saved_model.load(str(FOLDER / "saved")),
}


def main() -> None:
    FOLDER.mkdir()
    model = styles.functional()
    model.save_weights(FOLDER / "w.weights.h5")
    model.save(FOLDER / "w.keras")
    (FOLDER / "w.txt").touch()
    tf.train.Checkpoint(value=tf.Variable(1.0)).write(str(FOLDER / "w"))
    tf.saved_model.save(tf.Module(), str(FOLDER / "saved"))
    told = {}
    for how, read in READS.items():
        try:
            require_named("mine", [], read)
            told[how] = ""
        except UserError as error:
            told[how] = str(error)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
