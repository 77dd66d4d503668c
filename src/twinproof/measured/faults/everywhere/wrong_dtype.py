"""Images that are read from a text file are strings."""

from typing import Any

from twinproof.measured.faults import Program
from twinproof.measured.faults.usual import use

TITLE = "Images as strings"
MECHANISM = "Data of another type"
ABOUT_STYLE = False
REFERENCES = ("https://github.com/rstudio/keras3/issues/925",)
CULPRIT = ("string", "dtype", "<U")


def program(build: Any, images: Any, labels: Any) -> Program:
    """Train on images that should have been converted to numbers."""
    return use(build, images.astype(str), labels)
