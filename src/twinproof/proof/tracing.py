"""Reads the graphs that TensorFlow makes of a model while it runs.

Names of operations, and which variable is which, are left out: names differ by style, and the values that were compared
before tell the variables apart.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import Any

from twinproof.proof.graphs import Graph
from twinproof.proof.keras_api import BACKEND

# How the names begin of the graphs that are run; those that they call are named otherwise.
_RUN = "__inference_"
# Of tensorflow.DataType, which is not imported here, as JAX may run without it.
_STRING, _RESOURCE = 7, 20
# They give what they are fed; one that passes all gradients on does so in the order of the variables.
_PASSING = ("Identity", "IdentityN")
# Settings that hold names.
_NAMES = ("shared_name", "container", "config_proto", "executor_type")


@contextmanager
def traced(graphs: dict[str, Graph], name: str) -> Iterator[None]:
    """Keep, under this name, the graph that is made meanwhile, if one is, and none of this name is there."""
    if BACKEND != "tensorflow" or name in graphs:
        yield
        return
    before = set(_functions())
    yield
    made = {one: _definition(one) for one in _functions() if one not in before}
    called = {callee for one in made.values() for node in one.node_def for callee in _callees(node)}
    run = [one for one in made if one.startswith(_RUN) and one not in called]
    if run:
        # One that makes variables is made twice; the last is the one that is run from then on.
        graphs[name] = _summary(made, max(run, key=_number))


def _context() -> Any:
    return sys.modules["tensorflow.python.eager.context"].context()


def _functions() -> list[str]:
    return [str(name) for name in _context().list_function_names()]


def _definition(name: str) -> Any:
    return _context().get_function_def(name)


def _number(name: str) -> int:
    last = name.rpartition("_")[2]
    return int(last) if last.isdigit() else 0


def _callees(node: Any) -> Iterator[str]:
    for value in node.attr.values():
        yield from (one.name for one in (value.func, *value.list.func) if one.name)


def _summary(made: Mapping[str, Any], name: str) -> Graph:
    wiring, order = (_Digests(made, ordered) for ordered in (False, True))
    return Graph(dict(sorted(wiring.operations(name).items())), wiring.of(name), order.of(name))


class _Digests:
    """Digests of functions, each made once, of what their operations are and what feeds them."""

    def __init__(self, made: Mapping[str, Any], ordered: bool) -> None:
        self._made, self._ordered, self._known = made, ordered, dict[str, str]()

    def operations(self, name: str) -> Counter[str]:
        """Return how often each operation is in a function and in those that it calls."""
        found: Counter[str] = Counter()
        for node in self._function(name).node_def:
            found[node.op] += 1
            for callee in _callees(node):
                found += self.operations(callee)
        return found

    def of(self, name: str) -> str:
        """Return the digest of a function: of all its operations, and of what it returns."""
        if name not in self._known:
            self._known[name] = self._digest(name)
        return self._known[name]

    def _function(self, name: str) -> Any:
        return self._made[name] if name in self._made else _definition(name)

    def _digest(self, name: str) -> str:
        function = self._function(name)
        # Variables come in the order in which they are first used, and are told apart by what uses them.
        digests = {
            one.name: "variable" if one.type == _RESOURCE else f"argument {index}"
            for index, one in enumerate(function.signature.input_arg)
        }
        nodes = {node.name: node for node in function.node_def}
        needs = {node.name: {_source(one) for one in node.input} & nodes.keys() for node in nodes.values()}

        def given(value: str) -> str:
            """Return what is given there, by the operation that made it, not by one that passes it on."""
            source, _, port = value.partition(":")
            if source in nodes and nodes[source].op in _PASSING:
                return given(nodes[source].input[int(port.rpartition(":")[2] or 0)])
            return f"{digests[source]}:{port}"

        for one in TopologicalSorter(needs).static_order():
            node = nodes[one]
            fed = [] if node.op in _PASSING else [given(value) for value in node.input if not value.startswith("^")]
            before = sorted(digests[_source(value)] for value in node.input if value.startswith("^"))
            digests[one] = _hash(node.op, *self._settings(node), "fed by", *fed, *(before if self._ordered else ()))
        made = sorted(digests[one] for one in nodes if nodes[one].op not in _PASSING)
        returned = [given(function.ret[one.name]) for one in function.signature.output_arg]
        return _hash(*made, "returns", *returned)

    def _settings(self, node: Any) -> Iterator[str]:
        text = node.op == "Const" and node.attr["dtype"].type == _STRING
        for key, value in sorted(node.attr.items()):
            callees = [one.name for one in (value.func, *value.list.func) if one.name]
            if callees:
                yield f"{key}: {' '.join(self.of(one) for one in callees)}"
            elif not key.startswith("_") and key not in _NAMES and not (text and key == "value"):
                yield f"{key}: {value.SerializeToString(deterministic=True).hex()}"


def _source(value: str) -> str:
    """Return the operation or argument behind a value, as `x/MatMul` of `x/MatMul:product:0`, `x/NoOp` of `^x/NoOp`."""
    return value.lstrip("^").partition(":")[0]


def _hash(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
