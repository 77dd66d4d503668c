"""A division by zero while images are scaled gives such a value."""

from typing import Any

import numpy as np

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "A value that is not a number"
MECHANISM = "A number that is none, among the data"
ABOUT_STYLE = False
REFERENCES = ("https://github.com/keras-team/keras/issues/2134",)
CULPRIT = ("nan", "NaN", "not a number", "finite")


def program(build: Any, images: Any, labels: Any) -> Program:
    """Train on images whose first value is not a number."""
    images = images.copy()
    images[0, 0] = np.nan
    return use(build, images, labels)
