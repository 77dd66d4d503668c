"""The loss has a twin of its own for such labels, `sparse_categorical_crossentropy`."""

from typing import Any

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Labels as numbers for a loss that wants them one-hot"
CULPRIT = ("target", "label", ", 1)")


def program(build: Any, images: Any, labels: Any) -> Program:
    """Train on the number of each class."""
    return use(build, images, labels.argmax(axis=1))
