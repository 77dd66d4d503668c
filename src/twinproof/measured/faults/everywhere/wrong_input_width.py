"""The images look as if they had been cropped or scaled down before."""

from typing import Any

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Images of half the width"
MECHANISM = "Data that do not fit the first layer"
ABOUT_STYLE = True
REFERENCES = ("https://github.com/keras-team/keras/issues/10563",)
CULPRIT = ("784", "392")


def program(build: Any, images: Any, labels: Any) -> Program:
    """Train on the left half of each image's values."""
    pixels = images.shape[1]
    return use(build, images[:, : pixels // 2], labels, pixels)
