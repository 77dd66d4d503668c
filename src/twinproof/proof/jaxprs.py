"""Reads what JAX compiles for a model: a jaxpr, without names, and without which variable is which.

Calls of other jaxprs are replaced by their content. Operations that no result needs do not count: JAX drops them too.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinproof.proof.graphs import Graph, hashed

# Equations that only run another jaxpr, and the key under which they store it.
_CALLS = {
    "jit": "jaxpr", "pjit": "jaxpr", "closed_call": "call_jaxpr", "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr", "checkpoint": "jaxpr", "remat2": "jaxpr",
}  # fmt: skip
# Settings that are names or places in the source.
_NAMES = ("name", "debug_info", "source_info", "name_stack")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")

# A value: the number of the operation that makes it and the index of the result; or a description of another source.
Value = tuple[int, str]
_NO_OPERATION = -1


@contextmanager
def traced(graphs: dict[str, Graph], name: str) -> Iterator[None]:
    """Within this context, store under this name the graph of what Keras lets JAX compile, at its first call."""
    trainer: Any = sys.modules["keras.src.backend.jax.trainer"]
    compile_ = trainer.jit

    def watched(function: Callable[..., Any], **options: Any) -> Callable[..., Any]:
        compiled = compile_(function, **options)

        def call(*given: Any) -> Any:
            if name not in graphs:
                graphs[name] = graph_of(compiled, *given)
            return compiled(*given)

        return call

    trainer.jit = watched
    try:
        yield
    finally:
        trainer.jit = compile_


def graph_of(compiled: Any, state: Any, *given: Any) -> Graph:
    """Return the graph of a function that `jax.jit` made.

    The function takes the values of variables, in any structure, and other arguments; it returns its results and the
    new values of the variables.
    """
    tree = sys.modules["jax"].tree
    found = compiled.trace(state, *given)
    computed, _ = found.out_info
    return _Reader().read(found.jaxpr, len(tree.leaves(state)), len(tree.leaves(computed)))


@dataclass(frozen=True)
class _Operation:
    name: str
    settings: tuple[str, ...]
    fed_by: tuple[Value, ...]
    within: tuple[Graph, ...]
    has_effect: bool


class _Reader:
    """Reads one jaxpr, including those that it calls, as one list of operations."""

    def __init__(self) -> None:
        self._operations: list[_Operation] = []

    def read(self, closed: Any, variables: int, computed: int) -> Graph:
        """Return the graph of a jaxpr whose first arguments are variables, and whose last results are their values."""
        arguments = [
            "variable" if index < variables else f"argument {index - variables}"
            for index in range(len(closed.jaxpr.invars))
        ]
        results = self._run(closed.jaxpr, closed.consts, [(_NO_OPERATION, text) for text in arguments])
        digests: list[str] = []
        for one in self._operations:
            fed_by = (_told(value, digests) for value in one.fed_by)
            digests.append(hashed(one.name, *one.settings, "fed by", *fed_by))
        needed = self._needed(results)
        operations: Counter[str] = Counter()
        for number in needed:
            operations.update([self._operations[number].name])
            for graph in self._operations[number].within:
                operations.update(graph.operations)
        told = [_told(value, digests) for value in results]
        ran = sorted(digests[number] for number in needed)
        # The order of variables depends on the style.
        wiring = hashed(*ran, "computes", *told[:computed], "leaves", *sorted(told[computed:]))
        return Graph(dict(sorted(operations.items())), wiring, hashed(*ran), xla=True)

    def _run(self, jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Value]) -> list[Value]:
        """Record the operations of a jaxpr, and return its results."""
        values: dict[Any, Value] = dict(zip(jaxpr.invars, arguments))
        values.update(zip(jaxpr.constvars, ((_NO_OPERATION, _constant(one)) for one in constants)))

        def given(atom: Any) -> Value:
            return (_NO_OPERATION, _constant(atom.val)) if hasattr(atom, "val") else values[atom]

        for equation in jaxpr.eqns:
            fed_by = [given(atom) for atom in equation.invars]
            called = equation.params.get(_CALLS.get(equation.primitive.name, ""))
            if called is not None:
                inner, own = (called.jaxpr, called.consts) if hasattr(called, "jaxpr") else (called, [])
                results = self._run(inner, own, fed_by)
            else:
                results = self._note(equation, fed_by)
            values.update(zip(equation.outvars, results))
        return [given(atom) for atom in jaxpr.outvars]

    def _note(self, equation: Any, fed_by: Sequence[Value]) -> list[Value]:
        within: list[Graph] = []
        settings = tuple(_settings(equation.params, within))
        effect = bool(equation.effects)
        self._operations.append(
            _Operation(equation.primitive.name, settings, tuple(fed_by), tuple(within), has_effect=effect)
        )
        return [(len(self._operations) - 1, str(index)) for index in range(len(equation.outvars))]

    def _needed(self, results: Sequence[Value]) -> set[int]:
        """Return the numbers of the operations that results need, or that have side effects."""
        needed = {number for number, _ in results if number != _NO_OPERATION}
        needed |= {number for number, one in enumerate(self._operations) if one.has_effect}
        for number in range(len(self._operations) - 1, -1, -1):
            if number in needed:
                needed |= {maker for maker, _ in self._operations[number].fed_by if maker != _NO_OPERATION}
        return needed


def _settings(params: Mapping[str, Any], within: list[Graph]) -> Iterator[str]:
    """Yield the settings of an operation, except names; an inner jaxpr is recorded, and described by its wiring."""
    for key, value in sorted(params.items()):
        if key in _NAMES:
            continue
        parts = value if isinstance(value, (tuple, list)) else [value]
        jaxprs = [part for part in parts if hasattr(part, "jaxpr") and hasattr(part, "consts")]
        if jaxprs:
            graphs = [_Reader().read(one, 0, len(one.jaxpr.outvars)) for one in jaxprs]
            within += graphs
            yield f"{key}: {' '.join(graph.wiring for graph in graphs)}"
        else:
            yield f"{key}: {_ADDRESS.sub('', repr(value))}"


def _constant(value: Any) -> str:
    array = np.asarray(value)
    return f"constant {array.dtype} {array.shape} {hashlib.blake2b(array.tobytes(), digest_size=16).hexdigest()}"


def _told(value: Value, digests: Sequence[str]) -> str:
    number, text = value
    return text if number == _NO_OPERATION else f"{digests[number]}:{text}"
