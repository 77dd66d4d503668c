"""Nested data with arrays in a folder: JSON, and the arrays next to it. No pickle: a folder may come from anywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

_ARRAY, _TUPLE = "$array", "$tuple"


def pack(data: Any, folder: Path, name: str) -> None:
    """Write data of dicts, lists, tuples, plain values and arrays; anything else is written as text."""
    arrays: list[Any] = []

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(value)
            return {_ARRAY: len(arrays) - 1}
        if isinstance(value, np.generic):
            return plain(value.item())
        if isinstance(value, Mapping):
            return {str(key): plain(item) for key, item in value.items()}
        if isinstance(value, tuple):
            return {_TUPLE: [plain(item) for item in value]}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain(data))
    np.savez(folder / f"{name}.npz", *arrays)
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def unpack(folder: Path, name: str) -> Any:
    """Return what was packed."""
    with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:

        def whole(value: Any) -> Any:
            if isinstance(value, dict):
                if set(value) == {_ARRAY}:
                    return arrays[f"arr_{value[_ARRAY]}"]
                if set(value) == {_TUPLE}:
                    return tuple(whole(item) for item in value[_TUPLE])
                return {key: whole(item) for key, item in value.items()}
            return [whole(item) for item in value] if isinstance(value, list) else value

        return whole(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
