"""There is another loss for such labels, `sparse_categorical_crossentropy`."""

from typing import Any

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Labels as numbers for a loss that needs them one-hot"
MECHANISM = "Labels that do not fit the output"
ABOUT_STYLE = False
REFERENCES = (
    "https://github.com/tensorflow/tensorflow/issues/44946",
    "https://github.com/keras-team/keras/issues/3109",
)
CULPRIT = ("target", "label", ", 1)")


def program(build: Any, images: Any, labels: Any) -> Program:
    """Train on class numbers."""
    return use(build, images, labels.argmax(axis=1))
