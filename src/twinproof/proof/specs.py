"""The inputs of a model as data: shape and type of each; converted from and to text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from twinproof.base.errors import shown
from twinproof.proof.arrays import flatten, map_leaves
from twinproof.proof.errors import CannotTellError

EXAMPLE = '--inputs "28,28,1", --inputs "16:int32", or --inputs "image=28,28,1 ids=16:int32"'


@dataclass(frozen=True)
class Spec:
    """One input without its first axis (the batch); None is a length that may vary."""

    shape: tuple[int | None, ...]
    dtype: str = "float32"
    rows: int | None = None  # of a batch, if the model accepts no other number

    def __str__(self) -> str:
        return f"{','.join('?' if size is None else str(size) for size in self.shape)}:{self.dtype}"


def parse_inputs(text: str) -> Any:
    """Return the specs of a text such as "28,28,1", "16:int32" or "image=28,28,1 ids=?:int32".

    Raises
    ------
    CannotTellError
        If it does not follow this form.
    """
    named: dict[str, Spec] = {}
    for index, part in enumerate(text.split()):
        found = re.fullmatch(r"(?:([^=:,]+)=)?((?:\d+|\?|None)(?:,(?:\d+|\?|None))*|)(?::([a-z]+[0-9]*))?", part)
        if not found or not part:
            raise CannotTellError(f"--inputs {shown(text)}: {shown(part)} is not an input; allowed: {EXAMPLE}")
        name, sizes, dtype = found.groups()
        shape = tuple(int(size) if size.isdigit() else None for size in sizes.split(",") if size)
        named[name or str(index)] = require_numbers(Spec(shape, dtype or "float32"), name or part)
    if not named:
        raise CannotTellError(f"--inputs {shown(text)}: names no input; allowed: {EXAMPLE}")
    if all(name.isdigit() for name in named):
        specs = list(named.values())
        return specs[0] if len(specs) == 1 else specs
    return named


def read_specs(given: Any) -> Any:
    """Return nested specs of what a function `inputs` returned: such a text, a shape, or symbolic tensors.

    Raises
    ------
    CannotTellError
        If it is none of these.
    """
    if isinstance(given, str):
        return parse_inputs(given)
    if isinstance(given, (tuple, list)) and given and all(size is None or type(size) is int for size in given):
        return Spec(tuple(given))
    leaves = list(flatten(given))
    if not leaves or not all(hasattr(leaf, "shape") and hasattr(leaf, "dtype") for _, leaf in leaves):
        raise CannotTellError(
            f"{given!r:.80} is not an input; allowed: text such as {EXAMPLE}, a shape, or keras.Input"
        )

    def spec(leaf: Any) -> Spec:
        return Spec(tuple(leaf.shape)[1:], str(getattr(leaf.dtype, "name", leaf.dtype)))

    return map_leaves(spec, given)


def require_numbers(spec: Spec, name: str) -> Spec:
    """Return a spec, or raise `CannotTellError` if twinproof cannot generate such values."""
    known = re.fullmatch(r"(b?float|u?int)(8|16|32|64)|bool", spec.dtype)
    if not known:
        reason = "texts have no numbers to change or compare" if spec.dtype == "string" else "no such type of number"
        raise CannotTellError(
            f"input {name}: {spec.dtype} cannot be generated ({reason}); give batches with --data FILE.py:FUNCTION, "
            "or compare the models after their text layers"
        )
    return spec


def describe(structure: Any) -> str:
    """Return nested specs as text."""
    return ", ".join(f"{name}={spec}" if name else str(spec) for name, spec in flatten(structure))
