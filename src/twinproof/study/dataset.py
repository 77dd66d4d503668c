"""The images: files in the idx format, checked before use.

The format is that of the MNIST database: a big-endian magic number (0x0803 for a cube of bytes, 0x0801 for a row of
bytes), one 32-bit length for each dimension, then the bytes. Source: the description published with MNIST.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import math
import re
import struct
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.base.reading import MEGABYTE, ReadingError, read_bytes, read_text
from twinproof.study.examples import Dataset, make_examples, split

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
_CHECKSUM = re.compile(r"([0-9a-f]{64}) [ *](.+)")
# Bytes of a file, compressed or not: MNIST's largest has 47 million, EMNIST's 547 million.
LARGEST = 1024 * MEGABYTE


def read_checksums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each of the four files as `sha256sum` lists them in `path`.

    Raises
    ------
    UserError
        If the list is missing, malformed, or lacks one of the four files.
    """
    try:
        lines = read_text(path, MEGABYTE).split("\n")
    except ReadingError as error:
        raise UserError(f"data.checksums: {error}; make it with `sha256sum *.gz`") from None
    listed: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        entry = _CHECKSUM.fullmatch(line)
        if entry is None:
            raise UserError(f"{path}, line {number}: not a line of `sha256sum`: a digest of 64 digits, a file name")
        digest, name = entry.groups()
        if listed.setdefault(name, digest) != digest:
            raise UserError(f"{path}, line {number}: another digest for {name}; allowed: one for each file")
    if missing := [name for name in FILES.values() if name not in listed]:
        raise UserError(f"{path} has no digest for {', '.join(missing)}; it must list {', '.join(FILES.values())}")
    return {name: listed[name] for name in FILES.values()}


def require_files(directory: Path) -> None:
    """Raise `UserError` unless `directory` has the four files."""
    if missing := [name for name in FILES.values() if not (directory / name).is_file()]:
        raise UserError(
            f"data.directory: {directory} has no {', '.join(missing)}; it must contain {', '.join(FILES.values())} "
            f"(`git checkout -- data/mnist` restores the shipped ones)"
        )


def read_dataset(directory: Path, checksums: Path, validation: int) -> Dataset:
    """Read the four files and keep the last `validation` training examples for validation.

    Raises
    ------
    UserError
        If a file is missing, altered, truncated, not idx, or does not match the others.
    """
    digests = read_checksums(checksums)
    require_files(directory)
    images, shapes = {}, {}
    for part in ("train", "test"):
        pixels, labels = (
            _read_idx(directory / FILES[f"{part}_{kind}"], digests[FILES[f"{part}_{kind}"]])
            for kind in ("images", "labels")
        )
        if len(pixels) != len(labels):
            raise UserError(
                f"{directory}: {len(pixels)} {part} images but {len(labels)} labels; each image needs one label"
            )
        shapes[part] = pixels.shape[1:]
        images[part] = make_examples(pixels, labels)
    train, test = images["train"], images["test"]
    if shapes["train"] != shapes["test"]:
        sizes = {part: " x ".join(map(str, shape)) for part, shape in shapes.items()}
        raise UserError(
            f"{directory}: training images of {sizes['train']} pixels, test images of {sizes['test']}; "
            "they must have the same shape"
        )
    if not 1 <= validation < len(train.labels):
        raise UserError(
            f"data.validation: {validation} of {len(train.labels)} training images; "
            f"allowed: 1 to {len(train.labels) - 1}, so that some remain for training and some are for validation"
        )
    return split(train, test, validation)


def _read_idx(path: Path, digest: str) -> NDArray[np.uint8]:
    """Return the bytes of one idx file in their shape, after checking its digest, magic number and length."""
    import numpy as np

    packed = read_bytes(path, LARGEST)
    # Before anything is unpacked: a small file may contain gigabytes.
    if (seen := hashlib.sha256(packed).hexdigest()) != digest:
        raise UserError(
            f"{path}: altered or truncated: its SHA-256 is {seen}, the checksums say {digest}; "
            "get the file again, or correct the checksums if this is the data that you want"
        )
    try:
        shape, content = _unpack(path, packed)
    except EOFError:
        raise UserError(f"{path}: truncated: the gzip stream ends early; get the file again") from None
    except (gzip.BadGzipFile, zlib.error):
        raise UserError(
            f"{path}: not a gzip file, although its checksum agrees; allowed: idx files packed with gzip"
        ) from None
    return np.frombuffer(content, np.uint8).reshape(shape)


def _unpack(path: Path, packed: bytes) -> tuple[list[int], bytes]:
    """Return the shape that the header of an idx file gives, and the bytes after it: never more than it announces."""
    magic, dimensions = (_IMAGES_MAGIC, 3) if "idx3" in path.name else (_LABELS_MAGIC, 1)
    size = 4 + 4 * dimensions
    with gzip.open(io.BytesIO(packed)) as file:
        header = file.read(size)
        if len(header) < size:
            raise UserError(f"{path}: truncated: {len(header)} bytes, shorter than an idx header of {size}")
        found, *shape = struct.unpack(f">{1 + dimensions}I", header)
        if found != magic:
            raise UserError(f"{path}: wrong format: magic number 0x{found:08x}; allowed here: 0x{magic:08x}")
        expected = math.prod(shape)
        if expected > LARGEST:
            raise UserError(f"{path}: its header says {shape}, {expected} bytes; allowed: at most {LARGEST}")
        if expected == 0:
            raise UserError(f"{path}: empty: its header says {shape}; there must be at least one example")
        content = file.read(expected)
        more = "more than " * bool(file.read(1))
    if more or len(content) != expected:
        raise UserError(
            f"{path}: {more}{size + len(content)} bytes, but its header says {shape}, which takes {size + expected}"
        )
    return shape, content


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Verify a data set and write what was found (shapes, digests) as JSON."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.study.dataset", description=main.__doc__)
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
