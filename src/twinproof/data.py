"""The images: files in the idx format, checked before use.

The format is that of the MNIST database: a big-endian magic number (0x0803 for a cube of bytes, 0x0801 for a row of
bytes), one 32-bit length for each dimension, then the bytes. Source: the description published with MNIST.
"""

import argparse
import gzip
import hashlib
import json
import struct
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from twinproof.errors import UserError, entry_point
from twinproof.files import write_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILES = {
    "train_images": "train-images-idx3-ubyte.gz",
    "train_labels": "train-labels-idx1-ubyte.gz",
    "test_images": "t10k-images-idx3-ubyte.gz",
    "test_labels": "t10k-labels-idx1-ubyte.gz",
}
_IMAGES_MAGIC, _LABELS_MAGIC = 0x0803, 0x0801


class Examples(NamedTuple):
    """Images as float32 in [0, 1], shape (n, rows * columns), and their labels as int64, shape (n,)."""

    images: "NDArray[np.float32]"
    labels: "NDArray[np.int64]"


@dataclass(frozen=True)
class Dataset:
    """The three parts of the data: what is learned from, what is watched meanwhile, what is judged by."""

    train: Examples
    validation: Examples
    test: Examples
    classes: int


def read_checksums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each of the four files as `sha256sum` lists them in `path`.

    Raises
    ------
    UserError
        If the list is missing, cannot be understood or lacks one of the four files.
    """
    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"data.checksums: cannot read {path} ({error}); make it with `sha256sum *.gz`") from None
    listed = {}
    for number, entry in enumerate(map(str.split, lines), 1):
        if entry and (len(entry) != 2 or len(entry[0]) != 64):
            raise UserError(f"{path}, line {number}: not a line of `sha256sum`: a digest of 64 digits, a file name")
        if entry:
            listed[entry[1].removeprefix("*")] = entry[0]
    if missing := [name for name in FILES.values() if name not in listed]:
        raise UserError(f"{path} has no digest for {', '.join(missing)}; it must list {', '.join(FILES.values())}")
    return {name: listed[name] for name in FILES.values()}


def require_files(directory: Path) -> None:
    """Raise `UserError` unless `directory` has the four files."""
    if missing := [name for name in FILES.values() if not (directory / name).is_file()]:
        raise UserError(
            f"data.directory: {directory} has no {', '.join(missing)}; it must hold {', '.join(FILES.values())} "
            f"(`git checkout -- data/mnist` brings back the shipped ones)"
        )


def read_dataset(directory: Path, checksums: Path, validation: int) -> Dataset:
    """Read the four files and keep the last `validation` training examples for validation.

    Raises
    ------
    UserError
        If a file is missing, altered, cut short, not idx, or does not fit the others.
    """
    import numpy as np

    digests = read_checksums(checksums)
    require_files(directory)
    images = {}
    for part in ("train", "test"):
        pixels, labels = (
            _read_idx(directory / FILES[f"{part}_{kind}"], digests[FILES[f"{part}_{kind}"]])
            for kind in ("images", "labels")
        )
        if len(pixels) != len(labels):
            raise UserError(f"{directory}: {len(pixels)} {part} images but {len(labels)} labels; they must be as many")
        images[part] = Examples(
            pixels.reshape(len(pixels), -1).astype(np.float32) / np.float32(255), labels.astype(np.int64)
        )
    train, test = images["train"], images["test"]
    if train.images.shape[1] != test.images.shape[1]:
        raise UserError(f"{directory}: training and test images differ in size; they must be of one size")
    if not 1 <= validation < len(train.labels):
        raise UserError(
            f"data.validation: {validation} of {len(train.labels)} training images; "
            f"allowed: 1 to {len(train.labels) - 1}, so that there are some to learn from and some to watch"
        )
    cut = len(train.labels) - validation
    return Dataset(
        train=Examples(train.images[:cut], train.labels[:cut]),
        validation=Examples(train.images[cut:], train.labels[cut:]),
        test=test,
        classes=int(max(train.labels.max(), test.labels.max())) + 1,
    )


def _read_idx(path: Path, digest: str) -> "NDArray[np.uint8]":
    """Return the bytes of one idx file in their shape, after checking its digest, magic number and length."""
    import numpy as np

    try:
        packed = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        content = gzip.decompress(packed)
    except EOFError:
        raise UserError(f"{path}: truncated: the gzip stream ends early; get the file again") from None
    except (gzip.BadGzipFile, zlib.error):
        content = None
    if (seen := hashlib.sha256(packed).hexdigest()) != digest:
        raise UserError(
            f"{path}: altered: its SHA-256 is {seen}, the checksums say {digest}; "
            "get the file again, or correct the checksums if the data is meant to be another"
        )
    if content is None:
        raise UserError(f"{path}: not a gzip file, although its checksum agrees; allowed: idx files packed with gzip")
    magic, dimensions = (_IMAGES_MAGIC, 3) if "idx3" in path.name else (_LABELS_MAGIC, 1)
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise UserError(f"{path}: truncated: {len(content)} bytes, shorter than an idx header of {header}")
    found, *shape = struct.unpack_from(f">{1 + dimensions}I", content)
    if found != magic:
        raise UserError(f"{path}: wrong format: magic number 0x{found:08x}; allowed here: 0x{magic:08x}")
    expected = header + int(np.prod(shape, dtype=object))
    if len(content) != expected:
        raise UserError(f"{path}: {len(content)} bytes, but its header says {shape}, which takes {expected}")
    if expected == header:
        raise UserError(f"{path}: holds nothing, its header says {shape}; there must be at least one example")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Verify a data set and write what was found (shapes, digests) as JSON."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.data", description=main.__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--checksums", type=Path, required=True)
    parser.add_argument("--validation", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args(arguments)
    dataset = read_dataset(options.directory, options.checksums, options.validation)
    found: dict[str, Any] = {
        part: {"images": list(getattr(dataset, part).images.shape), "labels": len(getattr(dataset, part).labels)}
        for part in ("train", "validation", "test")
    }
    found |= {"classes": dataset.classes, "sha256": read_checksums(options.checksums)}
    write_whole(options.output, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
