"""`to_categorical` returns such labels if the last class does not occur in the data."""

from typing import Any

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Labels of one class too few"
MECHANISM = "Labels that do not fit the output"
ABOUT_STYLE = False
REFERENCES = (
    "https://github.com/keras-team/keras/issues/12910",
    "https://github.com/tensorflow/tensorflow/issues/52060",
)
CULPRIT = ("target", "label", ", 9)")


def program(build: Any, images: Any, labels: Any) -> Program:
    """Train on labels without the last column."""
    return use(build, images, labels[:, :-1])
