"""As if they had been cut or made smaller on the way."""

from typing import Any

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Images of half the width"
CULPRIT = ("784", "392")


def program(build: Any, images: Any, labels: Any) -> Program:
    """Train on the left half of each image's values."""
    return use(build, images[:, : images.shape[1] // 2], labels)
