"""The batches for both models: generated to fit their inputs, or the user's own."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from twinproof.proof.arrays import Array, Value, flatten, in_order, map_leaves, move
from twinproof.proof.capture import Call
from twinproof.proof.errors import CannotTellError, ModelError
from twinproof.proof.specs import Spec

# The first words of the names of inputs with unusually large or small real numbers, their factors, and the names of
# those on which models that are mathematically the same may overflow.
EXTREME = "inputs times"
FACTORS = (100, -10, 0)
OVERFLOWING = tuple(f"{EXTREME} {factor}" for factor in FACTORS if factor)
# The first words of the names of inputs with larger integers, and their limits: bytes, and ids of a small table.
INTEGERS = "integers below"
LIMITS = (256, 10)
# The name of the longest inputs; a model may have a largest length.
LONGEST = "eight times the length"
# Rows of a generated batch; fewer if one row is large.
ROWS = 8
LARGE = 60_000
# The sizes used for variable lengths: of a sequence, and of both sides of an image.
LENGTH, SIDE = 12, 32


@dataclass(frozen=True)
class Batch:
    """The input of one training step."""

    x: Any
    y: Any = None
    sample_weight: Any = None

    @property
    def rows(self) -> int:
        """The number of its examples."""
        return max((len(leaf) for _, leaf in flatten(self.x) if np.ndim(leaf)), default=0)


@dataclass(frozen=True)
class Ranges:
    """The limits of integer inputs (whole inputs, or columns of their last axis), and the values that mark gaps."""

    whole: Mapping[str, int]
    columns: Mapping[tuple[str, int], int]
    gaps: Mapping[str, float]


def rows_for(structure: Any) -> int:
    """Return how many rows a batch of such inputs gets."""
    fixed = fixed_rows(structure)
    if fixed is not None:
        return fixed
    size = sum(int(np.prod(sizes(spec))) for _, spec in flatten(structure))
    return ROWS if size < LARGE else ROWS // 2


def fixed_rows(structure: Any) -> int | None:
    """Return how many rows every batch of such inputs must have; None if any number is accepted."""
    return next((spec.rows for _, spec in flatten(structure) if spec.rows is not None), None)


def make_inputs(structure: Any, ranges: Ranges, generator: np.random.Generator, rows: int) -> Any:
    """Return inputs for nested specs: normal numbers, or ids in the range of the layers that use them.

    If a layer looks for gaps, some rows end with gaps.
    """
    names = iter(name for name, _ in flatten(structure))
    return map_leaves(lambda spec: _make_input(next(names), spec, ranges, generator, rows), in_order(structure))


def find_ranges(calls: Iterable[Call], inputs: Any, structure: Any) -> Ranges:
    """Return which inputs are ids, by the layers that use them directly, and which may have gaps."""
    whole: dict[str, int] = {}
    columns: dict[tuple[str, int], int] = {}
    gaps: dict[str, float] = {}
    arrays = [(name, np.asarray(array)) for name, array in flatten(inputs)]
    for call in calls:
        limit = _limit(call)
        masks = call.config.get("mask_value") if call.layer_class == "Masking" else None
        masks = 0.0 if call.config.get("mask_zero") else masks
        if not call.inputs or (limit is None and masks is None):
            continue
        taken = call.inputs[0]
        for name, array in arrays:
            if taken.shape == array.shape and np.array_equal(taken.sample, _sample(array)):
                if limit is not None:
                    whole[name] = min(limit, whole.get(name, limit))
                if masks is not None:
                    gaps[name] = float(masks)
            elif limit is not None and array.ndim > 1:
                for column in range(min(array.shape[-1], 512)):
                    if np.array_equal(taken.sample, _sample(array[..., column])):
                        key = (name, column)
                        columns[key] = min(limit, columns.get(key, limit))
    for name, spec in flatten(structure):
        if spec.dtype == "bool":
            whole[name] = 2
    return Ranges(whole, columns, gaps)


def narrowest(found: Sequence[Ranges]) -> Ranges:
    """Return the ranges that every model accepts."""
    whole: dict[str, int] = {}
    columns: dict[tuple[str, int], int] = {}
    gaps: dict[str, float] = {}
    for one in found:
        for name, limit in one.whole.items():
            whole[name] = min(limit, whole.get(name, limit))
        for key, limit in one.columns.items():
            columns[key] = min(limit, columns.get(key, limit))
        gaps = {**one.gaps, **gaps}
    return Ranges(whole, columns, gaps)


def unusual(structure: Any, inputs: Any, ranges: Ranges, generator: np.random.Generator) -> Iterator[tuple[str, Any]]:
    """Yield inputs that reveal more: one row, zeros, large and small ones, the last ids, other lengths."""
    yield from varied(structure, inputs, ranges)
    if not all(_is_real(name, spec, ranges) for name, spec in flatten(structure)):
        yield "other ids", make_inputs(structure, ranges, generator, rows_for(structure))
    if any(None in spec.shape for _, spec in flatten(structure)):
        longer = map_leaves(lambda spec: Spec(sizes(spec, 2), spec.dtype), structure)
        yield "twice the length", make_inputs(longer, ranges, generator, fixed_rows(structure) or 2)
    if any(None in spec.shape and len(spec.shape) < 3 for _, spec in flatten(structure)):
        longest = map_leaves(lambda spec: Spec(sizes(spec, 8 if len(spec.shape) < 3 else 1), spec.dtype), structure)
        yield LONGEST, make_inputs(longest, ranges, generator, fixed_rows(structure) or 2)
    free = {name for name, spec in flatten(structure) if _is_free(name, spec, ranges)}
    for limit in LIMITS if free else ():
        yield f"{INTEGERS} {limit}", _with_integers(structure, inputs, free, limit, generator)


def varied(structure: Any, inputs: Any, ranges: Ranges) -> Iterator[tuple[str, Any]]:
    """Yield variants of any inputs that reveal more: one row, and real numbers made large, negative and zero."""
    if fixed_rows(structure) is None:
        yield "one row", map_leaves(lambda array: array[:1], inputs)
    numbers = {name for name, spec in flatten(structure) if _is_real(name, spec, ranges)}
    for factor in FACTORS if numbers else ():
        yield f"{EXTREME} {factor}", _scaled(inputs, numbers, factor)


def nudged(inputs: Any, generator: np.random.Generator, step: float) -> Any:
    """Return inputs with each real number changed by a relative `step`, up or down at random; ids do not change."""

    def nudge(array: Array) -> Array:
        whole = array.dtype.kind == "f" and np.array_equal(array, np.round(array))
        return array if whole else move(array, generator, step)

    return map_leaves(nudge, inputs)


def read_batches(data: Any, most: int) -> list[Batch]:
    """Return the first batches of a user's data: arrays, (x, y) or (x, y, weights), or anything that yields them.

    Raises
    ------
    CannotTellError
        If it yields nothing.
    ModelError
        If it raises.
    """
    try:
        batches = list(islice(_batches(data), most))
    except (KeyboardInterrupt, CannotTellError):
        raise
    except BaseException as error:
        raise ModelError("the data", error) from error
    if not batches or not any(batch.rows for batch in batches):
        raise CannotTellError("the data yields no batch; it must give arrays, (x, y), or batches of these")
    return batches


def _batches(data: Any) -> Iterator[Batch]:
    if callable(data) and not hasattr(data, "__getitem__") and not hasattr(data, "__iter__"):
        data = data()
    if isinstance(data, (tuple, Mapping)) or hasattr(data, "dtype"):
        yield from _split(_batch(data))
    elif isinstance(data, list):
        if all(hasattr(item, "dtype") for item in data):  # Several inputs, without targets.
            yield from _split(_batch(data))
        else:
            yield from (_batch(item) for item in data)
    elif hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        yield from (_batch(data[index]) for index in range(len(data)))
    elif inspect.isgenerator(data) or hasattr(data, "__iter__"):
        yield from (_batch(item) for item in data)
    else:
        raise CannotTellError(
            f"the data is a {type(data).__name__}; allowed: arrays, (x, y), a tf.data.Dataset, a PyDataset, a generator"
        )


def _batch(item: Any) -> Batch:
    parts = item if isinstance(item, tuple) else (item,)
    if len(parts) > 3:
        raise CannotTellError(f"a batch of {len(parts)} parts; allowed: x, (x, y) or (x, y, weights)")
    return Batch(*(map_leaves(_array, part) for part in parts))


def _array(leaf: Any) -> Array:
    if hasattr(leaf, "detach"):
        leaf = leaf.detach().cpu()
    array = np.asarray(leaf.numpy() if hasattr(leaf, "numpy") else leaf)
    if array.dtype.kind in "OSU":
        return np.char.encode(array.astype(str), "utf-8") if array.dtype.kind == "U" else array.astype(bytes)
    return array


def _split(batch: Batch, rows: int = 32) -> Iterator[Batch]:
    if batch.rows <= 2 * rows:
        yield batch
        return
    for start in range(0, batch.rows - rows + 1, rows):
        yield Batch(*(map_leaves(lambda leaf: leaf[start : start + rows], part) for part in _parts(batch)))  # noqa: B023


def _parts(batch: Batch) -> Sequence[Any]:
    return (batch.x, batch.y, batch.sample_weight)


def _make_input(name: str, spec: Spec, ranges: Ranges, generator: np.random.Generator, rows: int) -> Array:
    shape = (rows, *sizes(spec))
    array: Array
    if name in ranges.whole:
        array = generator.integers(0, max(ranges.whole[name], 1), shape)
    elif spec.dtype.startswith(("int", "uint")):
        array = generator.integers(0, 2, shape)
    else:
        array = generator.normal(size=shape)
    # Ids are whole numbers, even if a model casts them: a custom layer may not.
    dtype = "int32" if name in ranges.whole and "float" in spec.dtype else spec.dtype
    array = array.astype("float32" if dtype == "bfloat16" else dtype)
    for (owner, column), limit in ranges.columns.items():
        if owner == name:
            array[..., column] = generator.integers(0, max(limit, 1), array.shape[:-1])
    if name in ranges.gaps and len(shape) > 1:
        if array.dtype.kind in "iu" or name in ranges.whole:
            array[array == ranges.gaps[name]] = min(1, ranges.whole.get(name, 2) - 1)
        for row in range(rows):
            array[row, shape[1] - (row * shape[1]) // (2 * rows) :] = ranges.gaps[name]
    return array


def sizes(spec: Spec, factor: int = 1) -> tuple[int, ...]:
    """Return the shape of one example; variable lengths get a size times `factor`."""
    free = SIDE if len(spec.shape) >= 3 and spec.shape[-1] is not None else LENGTH
    return tuple(free * factor if size is None else size for size in spec.shape)


def _is_real(name: str, spec: Spec, ranges: Ranges) -> bool:
    return "float" in spec.dtype and not _has_ids(name, ranges)


def _is_free(name: str, spec: Spec, ranges: Ranges) -> bool:
    """Return whether an input takes integers whose limit is unknown."""
    return spec.dtype.startswith(("int", "uint")) and not _has_ids(name, ranges)


def _has_ids(name: str, ranges: Ranges) -> bool:
    return name in ranges.whole or any(owner == name for owner, _ in ranges.columns)


def _with_integers(structure: Any, inputs: Any, free: set[str], limit: int, generator: np.random.Generator) -> Any:
    names = iter(name for name, _ in flatten(structure))

    def drawn(array: Array) -> Array:
        if next(names) not in free:
            return array
        most = min(limit, int(np.iinfo(array.dtype).max) + 1)
        return generator.integers(0, most, array.shape).astype(array.dtype)

    return map_leaves(drawn, in_order(inputs))


def _scaled(inputs: Any, numbers: set[str], factor: float) -> Any:
    names = iter(name for name, _ in flatten(inputs))
    return map_leaves(
        lambda array: (array * factor).astype(array.dtype) if next(names) in numbers else array, in_order(inputs)
    )


def _limit(call: Call) -> int | None:
    if call.layer_class == "Embedding":
        return int(call.config["input_dim"])
    if call.layer_class in ("CategoryEncoding", "Hashing", "IntegerLookup"):
        limit = call.config.get("num_tokens") or call.config.get("num_bins") or call.config.get("max_tokens")
        return int(limit) if limit else None
    return None


def _sample(array: Array) -> Array:
    return Value.of(array).sample
