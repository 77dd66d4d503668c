"""Arrays and nested structures of arrays: flattening, comparing, summarizing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Callable, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
# The number of elements up to which an array is stored completely; otherwise a sample of this size, evenly spread.
KEPT = 2**17


def flatten(structure: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested dicts, lists and tuples with their places, such as "a/0"; None is not a leaf."""
    if structure is None:
        return
    if isinstance(structure, Mapping):
        for key in sorted(structure, key=str):
            yield from flatten(structure[key], f"{name}/{key}" if name else str(key))
    elif isinstance(structure, (list, tuple)):
        for index, item in enumerate(structure):
            yield from flatten(item, f"{name}/{index}" if name else str(index))
    else:
        yield name, structure


def map_leaves(change: Callable[[Any], Any], structure: Any) -> Any:
    """Return a structure of the same form with each leaf changed."""
    if structure is None:
        return None
    if isinstance(structure, Mapping):
        return {key: map_leaves(change, value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        items = [map_leaves(change, item) for item in structure]
        return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)
    return change(structure)


def in_order(structure: Any) -> Any:
    """Return a structure whose dicts are in the order in which `flatten` goes through them."""
    if isinstance(structure, Mapping):
        return {key: in_order(structure[key]) for key in sorted(structure, key=str)}
    if isinstance(structure, (list, tuple)):
        return type(structure)(in_order(item) for item in structure)
    return structure


def digest(array: Array) -> str:
    """Return a digest of an array's bytes, its type and its shape."""
    if array.dtype.kind == "O":
        array = array.astype(bytes)  # TensorFlow's strings: the bytes of an object array are pointers.
    head = f"{array.dtype.str}{array.shape}".encode()
    return hashlib.blake2b(head + np.ascontiguousarray(array).tobytes(), digest_size=16).hexdigest()


def distance(first: Array, second: Array) -> float:
    """Return the largest absolute difference; infinite if shapes differ, or if only one value is not a number."""
    if first.shape != second.shape:
        return float("inf")
    if not first.size:
        return 0.0
    if first.dtype.kind not in "fiub" or second.dtype.kind not in "fiub":
        return 0.0 if np.array_equal(first, second) else float("inf")
    with np.errstate(all="ignore"):
        apart = np.abs(first.astype(np.float64) - second.astype(np.float64))
    alike = (first == second) | (np.isnan(first) & np.isnan(second))
    largest = float(np.max(np.where(alike, 0.0, apart)))
    return largest if np.isfinite(largest) else float("inf")


def scale(array: Array) -> float:
    """Return the largest finite absolute value."""
    if array.dtype.kind not in "fiub" or not array.size:
        return 0.0
    with np.errstate(all="ignore"):
        sizes = np.abs(array.astype(np.float64))
    return float(np.max(sizes[np.isfinite(sizes)], initial=0.0))


def move(value: Array, generator: np.random.Generator, step: float) -> Array:
    """Return an array with each number changed by a relative `step`, up or down at random."""
    if value.dtype.kind != "f" or not step:
        return value
    signs = generator.choice(np.array([-step, step], np.float64), value.shape)
    moved: Array = (value * (1 + signs)).astype(value.dtype)
    return moved


class Value(NamedTuple):
    """A summary of an array: its shape, type and digest, and a sample of its elements."""

    shape: tuple[int, ...]
    dtype: str
    digest: str
    sample: Array

    @classmethod
    def of(cls, array: Array) -> Value:
        """Return the summary of an array."""
        flat = array.reshape(-1)
        kept = flat if flat.size <= KEPT else flat[:: -(-flat.size // KEPT)]
        return cls(tuple(array.shape), array.dtype.name, digest(array), kept.copy())

    def distance(self, other: Value) -> float:
        """Return the distance of another array from this one."""
        if self.digest == other.digest:
            return 0.0
        if self.shape != other.shape:
            return float("inf")
        return distance(self.sample, other.sample)

    def near(self, other: Value, share: float = 1e-3) -> bool:
        """Return whether two arrays are equal, or differ by no more than rounding."""
        return self.distance(other) <= share * max(scale(self.sample), 1e-6)


def epsilon(dtype: str) -> float:
    """Return the relative distance of two neighbouring numbers of a floating-point type; 0 for other types."""
    if dtype == "bfloat16":
        return 2.0**-7
    try:
        return float(np.finfo(dtype).eps)
    except (TypeError, ValueError):
        return 0.0
