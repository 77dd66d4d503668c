"""The examples of a study as arrays: for training, for validation and for testing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Examples(NamedTuple):
    """Images as float32 in [0, 1], shape (n, rows * columns), and their labels as int64, shape (n,)."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]

    def rows(self, which: Any) -> Examples:
        """Return some of them: a slice, or an array of indices."""
        return Examples(self.images[which], self.labels[which])


@dataclass(frozen=True)
class Dataset:
    """The three parts of the data: for training, for validation and for testing."""

    train: Examples
    validation: Examples
    test: Examples
    classes: int


def make_examples(pixels: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Examples:
    """Return bytes with the shape (n, rows, columns) and their labels as examples."""
    import numpy as np

    flat = pixels.reshape(len(pixels), -1)
    return Examples(flat.astype(np.float32) / np.float32(255), labels.astype(np.int64))


def split(train: Examples, test: Examples, validation: int) -> Dataset:
    """Keep the last `validation` training examples for validation."""
    cut = len(train.labels) - validation
    return Dataset(
        train=Examples(train.images[:cut], train.labels[:cut]),
        validation=Examples(train.images[cut:], train.labels[cut:]),
        test=test,
        classes=int(max(train.labels.max(), test.labels.max())) + 1,
    )
