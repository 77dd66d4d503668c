"""What happens inside a model while it runs: each layer that is called, with its inputs and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras

from twinproof.proof.arrays import Array, Value, flatten
from twinproof.proof.keras_api import KERAS_2, functions_run_eagerly, generators, own_variables, to_array

Hook = Callable[["Call", Any], None]


@dataclass
class Call:
    """One call of a layer: the layer, its inputs, and its outputs.

    Blocks in which layers are called are not a `leaf`; a layer that is `whole` is one, whatever it calls inside.
    """

    layer: str
    name: str
    layer_class: str
    of_keras: bool
    config: dict[str, Any]
    variables: tuple[str, ...] = ()
    shapes: tuple[tuple[int, ...], ...] = ()
    random: bool = False
    whole: bool = False
    leaf: bool = True
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether it has something to match: variables, or a random state."""
        return bool(self.variables) or self.random


def is_of_keras(layer: Any) -> bool:
    """Return whether Keras wrote the class of a layer."""
    return type(layer).__module__.partition(".")[0] == "keras"


def is_whole(layer: Any) -> bool:
    """Return whether a layer counts as one, whatever it calls inside: Keras's own, and layers that loop like these."""
    looping = (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.TimeDistributed)
    return isinstance(layer, looping) or (is_of_keras(layer) and not isinstance(layer, keras.Model))


def held_variables(layer: Any) -> list[Any]:
    """Return the variables that are matched with a layer: all, if it counts as a whole, otherwise only its own."""
    held = layer.weights if is_whole(layer) else own_variables(layer)
    unique: dict[int, Any] = {id(variable): variable for variable in held}
    return list(unique.values())


def place(model: keras.Model) -> dict[int, str]:
    """Return the path of each layer below a model: the names of the layers around it and its own."""
    paths: dict[int, str] = {id(model): model.name}

    def walk(parent: Any, prefix: str) -> None:
        children = parent._flatten_layers(include_self=False, recursive=False)
        for child in children:
            if id(child) not in paths:
                paths[id(child)] = f"{prefix}{child.name}"
                walk(child, f"{prefix}{child.name}/")

    walk(model, "")
    return paths


class Recorder:
    """Records the calls of layers while it is active.

    `enter` is called before a layer with variables or a random state runs, with its call so far and the layer.
    """

    def __init__(self, model: keras.Model, enter: Hook | None = None, labels: dict[int, str] | None = None) -> None:
        self.calls: list[Call] = []
        self.layers: list[Any] = []
        self._paths, self._enter, self._labels = place(model), enter, labels or {}
        self._stack: list[tuple[Any, int]] = []
        self._whole = 0

    def run(self, original: Callable[..., Any], layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a call of a layer and record it."""
        if self._whole or type(layer).__name__ == "InputLayer":
            return original(layer, *args, **kwargs)
        whole = is_whole(layer)
        held = held_variables(layer)
        inputs = tuple(Value.of(array) for array in _arrays((args, kwargs)))
        call = Call(
            layer=self._paths.get(id(layer), layer.name),
            name=layer.name,
            layer_class=type(layer).__name__,
            of_keras=is_of_keras(layer),
            config=configuration(layer),
            variables=tuple(self._labels.get(id(variable), variable.name) for variable in held),
            shapes=tuple(tuple(variable.shape) for variable in held),
            random=bool(generators(layer, inside=whole)),
            whole=whole,
            inputs=inputs,
            arguments=_arguments(args, kwargs),
        )
        index = len(self.calls)
        for _, outer in self._stack:
            self.calls[outer].leaf = False
        self.calls.append(call)
        self.layers.append(layer)
        if self._enter is not None and call.holds:
            self._enter(call, layer)
        self._stack.append((layer, index))
        self._whole += whole
        try:
            result = original(layer, *args, **kwargs)
        finally:
            self._whole -= whole
            self._stack.pop()
        call.outputs = tuple(Value.of(array) for array in _arrays(result))
        return result


@contextmanager
def around_calls(run: Callable[..., Any]) -> Iterator[None]:
    """Route each call of a layer through `run(original, layer, args, kwargs)`."""
    base = keras.layers.Layer
    original = base.__call__

    def __call__(layer: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807
        return run(original, layer, args, kwargs)

    base.__call__ = __call__
    try:
        yield
    finally:
        base.__call__ = original


@contextmanager
def recording(recorder: Recorder) -> Iterator[Recorder]:
    """Record calls of layers, eagerly."""
    with around_calls(recorder.run), functions_run_eagerly():
        yield recorder


def configuration(layer: Any) -> dict[str, Any]:
    """Return a layer's config; without one, its plain attributes."""
    try:
        config = dict(layer.get_config())
    except Exception:
        config = {}
    if not is_of_keras(layer):
        plain = (bool, int, float, str)
        for key, value in vars(layer).items():
            simple = isinstance(value, plain) or (
                isinstance(value, (list, tuple)) and all(isinstance(item, plain) for item in value)
            )
            if not key.startswith("_") and key not in config and simple:
                config[key] = value
    config.update(
        trainable=bool(layer.trainable),
        dtype=str(layer._dtype_policy.name if KERAS_2 else layer.dtype_policy.name),
    )
    config.pop("name", None)
    return config


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call except tensors, and whether a tensor has a mask."""
    said = {key: value for key, value in kwargs.items() if isinstance(value, (bool, int, float, str))}
    masked = any(getattr(leaf, "_keras_mask", None) is not None for _, leaf in flatten((args, kwargs)))
    return {**said, "mask": masked or kwargs.get("mask") is not None}


def _arrays(structure: Any) -> Iterator[Array]:
    for _, leaf in flatten(structure):
        if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
            array = to_array(leaf)
            if array is not None:
                yield array
