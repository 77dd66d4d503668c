"""How the configurations of two layers differ, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from twinproof.proof.capture import Call


# Settings in a configuration that do not change what a layer does.
_SILENT = (
    "name",
    "seed",
    "module",
    "registered_name",
    "build_config",
    "batch_input_shape",
    "batch_shape",
    "shared_object_id",
)
_PENALTY = re.compile(r"(regularizer|constraint)\Z")
_STARTING = re.compile(r"(^|_)initializer\b|^unit_forget_bias\Z")


def differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the settings that both configurations have and that differ, flat, by name."""
    one, other = flat(first), flat(second)
    # Keras leaves out a penalty that is None.
    for key in {*one, *other}:
        if _PENALTY.search(key):
            one.setdefault(key, None)
            other.setdefault(key, None)
    return {key: (one[key], other[key]) for key in one if key in other and not _same(one[key], other[key])}


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a configuration by name, without those that do not change what a layer does."""
    return dict(_flat(config))


def starts_constant(config: Mapping[str, Any], variable: str) -> bool:
    """Return whether a layer's initializer gives a variable of this name one constant value."""
    given = config.get(f"{variable}_initializer")
    return isinstance(given, Mapping) and given.get("class_name") in ("Zeros", "Ones", "Constant")


def describe(first: Call, second: Call) -> str:
    """Return how two layers differ: in class, in configuration, in the arguments of their call."""
    parts = []
    if first.layer_class != second.layer_class:
        parts.append(f"{_name(first)} against {_name(second)}")
    found = differences(_with_plain_axis(first), _with_plain_axis(second))
    parts += [words(key, pair) for key, pair in found.items() if not _STARTING.search(key)]
    parts += [
        f"called with {key}={first.arguments.get(key)} against {key}={second.arguments.get(key)}"
        for key in sorted({*first.arguments, *second.arguments})
        if first.arguments.get(key) != second.arguments.get(key) and not _left_out(key, first, second)
    ]
    return ", ".join(parts)


def _with_plain_axis(call: Call) -> dict[str, Any]:
    """Return a configuration with its axis as a number from the front: versions of Keras write it differently."""
    axis = call.config.get("axis")
    if isinstance(axis, (list, tuple)) and len(axis) == 1:
        axis = axis[0]
    if isinstance(axis, int) and axis < 0 and call.inputs:
        axis += len(call.inputs[0].shape)
    return {**call.config, "axis": axis} if "axis" in call.config else call.config


def words(key: str, pair: tuple[Any, Any]) -> str:
    """Return one setting that differs as a clause."""
    return f"{key} is {_short(pair[0])} against {_short(pair[1])}"


def is_starting(key: str) -> bool:
    """Return whether a setting only affects the initial values of a layer."""
    return _STARTING.search(key) is not None


def always_counts(key: str, pair: tuple[Any, Any]) -> bool:
    """Return whether a setting makes two layers of one class different, even if inputs do not show it.

    Penalties and constraints act only in training; a small number may be hidden by others.
    """
    if re.search(r"regularizer|constraint|^dtype\Z|^stateful\Z", key):
        return True
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in pair) and any(
        isinstance(value, float) for value in pair
    )


def _flat(config: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(config, Mapping):
        if "class_name" in config:
            name = str(config["class_name"])
            inner = (
                {key: value for key, value in (config.get("config") or {}).items() if key not in _SILENT}
                if isinstance(config.get("config"), Mapping)
                else {}
            )
            if set(config) >= {"config"} and prefix in ("dtype", "dtype_policy"):
                yield prefix, (config["config"] or {}).get("name", name)
                return
            name, settings = plainly(name, inner)
            yield prefix, name
            yield from _flat(settings, prefix)
            return
        for key, value in config.items():
            if key not in _SILENT:
                yield from _flat(value, f"{prefix} {key}".strip())
    elif isinstance(config, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in config):
        for index, item in enumerate(config):
            yield from _flat(item, f"{prefix} {index}".strip())
    else:
        yield prefix, list(config) if isinstance(config, tuple) else config


def plainly(name: str, inner: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return an initializer or regularizer with its settings, written in one way if Keras has several."""
    if name == "Constant" and inner.get("value") in (0, 1):
        return ("Ones" if inner["value"] else "Zeros"), {}
    if name == "L1L2":
        used = {key: value for key, value in inner.items() if value}
        return ("".join(used).upper() or name), used
    return name, inner


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, float) and isinstance(second, float) and first != first and second != second:
        return True
    if isinstance(first, (int, float)) and isinstance(second, (int, float)):
        # Layers compute with float32, and files may hold numbers of this type.
        return bool(first == second or np.float32(first) == np.float32(second))
    try:
        return bool(first == second)
    except Exception:
        return repr(first) == repr(second)


def _left_out(key: str, first: Call, second: Call) -> bool:
    """Return whether an argument has a value that Keras fills in if it is left out."""
    return key == "training" and None in (first.arguments.get(key), second.arguments.get(key))


def _name(call: Call) -> str:
    activation = call.config.get("activation")
    return (
        f"{call.layer_class}({activation})"
        if call.layer_class == "Activation" and isinstance(activation, str)
        else call.layer_class
    )


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) < 60 else f"{text[:57]}..."
