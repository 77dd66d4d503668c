"""Reads what PyTorch runs for a model, which it does not compile: each operation as it is dispatched.

Names are ignored, and which variable is which; a variable is identified by its type and shape.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from twinproof.proof.graphs import Graph, hashed

# What Keras calls for each batch, and what makes it.
_FUNCTIONS = {"make_train_function": "train_function", "make_predict_function": "predict_function"}
# Tensors with at most this number of elements that are made from Python's numbers count by their values.
_FEW = 16
_FRESH = "lift_fresh.default"
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")


@contextmanager
def traced(graphs: dict[str, Graph], name: str) -> Iterator[None]:
    """Within this context, store under this name what runs for a model's first batch."""
    trainer: Any = sys.modules["keras.src.backend.torch.trainer"].TorchTrainer
    with ExitStack() as stack:
        for maker, function in _FUNCTIONS.items():
            watching = _watching(getattr(trainer, maker), function, graphs, name)
            stack.enter_context(patch.object(trainer, maker, watching))
        yield


def _watching(make: Callable[..., Any], function: str, graphs: dict[str, Graph], name: str) -> Callable[..., Any]:
    """Return a function that makes a model's function like `make`, and watches its first call."""

    def made(model: Any, *given: Any, **options: Any) -> Any:
        result = make(model, *given, **options)
        run = getattr(model, function)

        def watched(*batch: Any) -> Any:
            if name in graphs:
                return run(*batch)
            operations = Operations()
            with _mode(operations):
                returned = run(*batch)
            graphs[name] = operations.graph()
            return returned

        setattr(model, function, watched)
        return result

    return made


def _mode(operations: Operations) -> Any:
    """Return the class through which PyTorch reports each operation that it dispatches."""
    base: Any = sys.modules["torch.utils._python_dispatch"].TorchDispatchMode

    class Mode(base):
        def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return operations.run(operation, args, kwargs or {})

    return Mode()


class Operations:
    """The operations that PyTorch ran, each with its settings and inputs."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._digests: list[str] = []
        self._made: dict[tuple[Any, ...], str] = {}
        # While these references exist, no other tensor gets their memory address.
        self._held: list[Any] = []

    def run(self, operation: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Run an operation and note it."""
        name = str(operation).partition(".")[2]
        given = [self._told(value, name) for value in (*args, *kwargs.items())]
        result = operation(*args, **kwargs)
        digest = hashed(name, *given)
        self._names.append(name)
        self._digests.append(digest)
        for index, tensor in enumerate(_tensors(result)):
            self._made[_place(tensor)] = f"{digest}:{index}"
            self._held.append(tensor)
        return result

    def graph(self) -> Graph:
        """Return the recorded operations as a graph in the order of the run."""
        return Graph(dict(sorted(Counter(self._names).items())), hashed(*sorted(self._digests)), hashed(*self._digests))

    def _told(self, value: Any, name: str) -> str:
        """Return a tensor as the operation that made it, and anything else as text."""
        if isinstance(value, (list, tuple)):
            return f"[{', '.join(self._told(one, name) for one in value)}]"
        if not _is_tensor(value):
            return _ADDRESS.sub("", repr(value))
        self._held.append(value)
        kind = f"{value.dtype} {tuple(value.shape)}"
        if name == _FRESH and value.numel() <= _FEW:
            kind += f" {value.tolist()}"
        return self._made.get(_place(value), kind)


def _is_tensor(value: Any) -> bool:
    return isinstance(value, sys.modules["torch"].Tensor)


def _tensors(result: Any) -> Iterable[Any]:
    parts = result if isinstance(result, (list, tuple)) else [result]
    return [part for part in parts if _is_tensor(part)]


def _place(tensor: Any) -> tuple[Any, ...]:
    """Return the memory address of a tensor's values; tensors made from it may share them."""
    start = tensor.untyped_storage().data_ptr()
    return start, tensor.storage_offset(), tuple(tensor.shape), tensor.stride()
