"""Reads the graphs that TensorFlow compiles for a model while it runs; jaxprs.py and dispatches.py read other backends.

The names of operations are ignored, because they depend on the style. Which variable is which is ignored too: the
values compared before decide that.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import Any

from twinproof.proof import dispatches, jaxprs
from twinproof.proof.graphs import Graph, hashed
from twinproof.proof.keras_api import BACKEND

# The names of graphs that are run start with this; those of functions that they call do not.
_RUN = "__inference_"
# A value of tensorflow.DataType, which is not imported here, because JAX may run without TensorFlow.
_STRING, _RESOURCE = 7, 20
# Operations that return their inputs. Keras passes all gradients through one, in the order of the variables.
_PASSING = ("Identity", "IdentityN")
# The attribute of a function that XLA compiles.
_BY_XLA = "_XlaMustCompile"
# In a graph that is not a function: its arguments, its results, and the values that a loop passes to its next round.
_ARGUMENTS, _RETURNED, _AGAIN = ("_Arg", "_DeviceArg"), ("_Retval", "_DeviceRetval"), ("NextIteration",)
# The optimizer sorts the inputs of these operations by name.
_COMMUTATIVE = frozenset(
    ("Add", "AddV2", "AddN", "Mul", "Maximum", "Minimum", "SquaredDifference", "Equal", "NotEqual", "LogicalAnd",
     "LogicalOr", "BitwiseAnd", "BitwiseOr", "BitwiseXor")
)  # fmt: skip
_SPECIALIZED = "_specialized_for_"
# Settings that are names.
_NAMES = ("shared_name", "container", "config_proto", "executor_type")


@contextmanager
def traced(graphs: dict[str, Graph], name: str) -> Iterator[None]:
    """Within this context, store under this name the graph that is compiled or run, unless there is one already."""
    if BACKEND != "tensorflow":
        with (jaxprs if BACKEND == "jax" else dispatches).traced(graphs, name):
            yield
        return
    if name in graphs:
        yield
        return
    before = set(_functions())
    yield
    made = {one: _definition(one) for one in _functions() if one not in before}
    called = {callee for one in made.values() for node in one.node_def for callee in _callees(node)}
    run = [one for one in made if one.startswith(_RUN) and one not in called]
    if run:
        # A step that creates variables is traced twice; the last graph is the one that runs from then on.
        graphs[name] = _Graphs(made).of(max(run, key=_number))


@contextmanager
def optimized(graphs: dict[str, Graph], name: str) -> Iterator[None]:
    """Within this context, store the optimized form of the largest graph that runs; nothing for other backends."""
    if BACKEND != "tensorflow":
        yield
        return
    context = _context()
    context.enable_graph_collection()
    try:
        yield
        collected = context.export_run_metadata()
    finally:
        context.disable_graph_collection()
    if collected.function_graphs:
        largest = max(collected.function_graphs, key=lambda one: len(one.post_optimization_graph.node))
        stages = (largest.pre_optimization_graph, largest.post_optimization_graph)
        functions = {one.signature.name: one for stage in stages for one in stage.library.function}
        graphs[name] = _Graphs(functions, _COMMUTATIVE).whole(largest.post_optimization_graph)


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
    # A map of protobuf has no order of its own: a loop's condition and body came in either order.
    for _, value in sorted(node.attr.items()):
        yield from (one.name for one in (value.func, *value.list.func) if one.name)


class _Graphs:
    """Graphs of functions, each read once, including those that they call."""

    def __init__(self, made: Mapping[str, Any], in_any_order: Container[str] = ()) -> None:
        self._made, self._known = made, dict[str, Graph]()
        self._in_any_order = in_any_order  # operations that may be fed in any order

    def of(self, name: str) -> Graph:
        """Return the graph of a function."""
        if name not in self._known:
            self._known[name] = self._read(self._find(name))
        return self._known[name]

    def _find(self, name: str) -> Any:
        # TensorFlow 2.15 specializes some functions for one call, for example those of a recurrent layer, but gives no
        # access to the result. Then the original function is read.
        known = next((one for one in (name, name.partition(_SPECIALIZED)[0]) if one in self._made), None)
        return self._made[known] if known else _definition(name)

    def whole(self, graph: Any) -> Graph:
        """Return a graph that is not a function: its arguments and results are operations in it."""
        nodes = [node for node in graph.node if node.op not in (*_ARGUMENTS, *_RETURNED)]
        arguments = {one.name: (one.attr["index"].i, one.attr["T"].type) for one in graph.node if one.op in _ARGUMENTS}
        returned = sorted((one.attr["index"].i, one.input[0]) for one in graph.node if one.op in _RETURNED)
        return self._read_nodes(nodes, arguments, [value for _, value in returned])

    def _read(self, function: Any) -> Graph:
        arguments = {one.name: (index, one.type) for index, one in enumerate(function.signature.input_arg)}
        returned = [function.ret[one.name] for one in function.signature.output_arg]
        by_xla = _BY_XLA in function.attr and function.attr[_BY_XLA].b
        return self._read_nodes(function.node_def, arguments, returned, by_xla)

    def _read_nodes(
        self, listed: Iterable[Any], arguments: Mapping[str, tuple[int, int]], returned: list[str], by_xla: bool = False
    ) -> Graph:
        # Variables are in the order of their first use, and are distinguished by the operations that use them.
        digests = {
            name: "variable" if kind == _RESOURCE else f"argument {index}" for name, (index, kind) in arguments.items()
        }
        nodes = {node.name: node for node in listed}
        again = {node.name for node in nodes.values() if node.op in _AGAIN}  # the inputs of a loop's next round
        digests.update(dict.fromkeys(again, "the round before"))
        needs = {node.name: {_source(one) for one in node.input} & nodes.keys() - again for node in nodes.values()}

        def given(value: str) -> str:
            """Return the operation that made a value, not one that only passes it on."""
            source, _, port = value.partition(":")
            if source in nodes and nodes[source].op in _PASSING:
                return given(nodes[source].input[int(port.rpartition(":")[2] or 0)])
            return f"{digests[source]}:{port}"

        for name in TopologicalSorter(needs).static_order():
            node = nodes[name]
            fed = [] if node.op in _PASSING else [given(value) for value in node.input if not value.startswith("^")]
            fed = sorted(fed) if node.op in self._in_any_order else fed
            digests[name] = hashed(node.op, *self._settings(node), "fed by", *fed)
        operations: Counter[str] = Counter()
        wired, ordered = [], []
        for node in nodes.values():
            called = [self.of(callee) for callee in _callees(node)]
            operations.update([node.op])
            for graph in called:
                operations.update(graph.operations)
            if node.op not in _PASSING:
                before = sorted(digests[_source(value)] for value in node.input if value.startswith("^"))
                wired.append(digests[node.name])
                ordered.append(hashed(digests[node.name], *(graph.order for graph in called), "after", *before))
        # XLA compiles the same operations to a different program than the one that TensorFlow runs.
        wiring = hashed(*sorted(wired), "returns", *map(given, returned), *(["by XLA"] if by_xla else []))
        xla = by_xla or any(self.of(callee).xla for node in nodes.values() for callee in _callees(node))
        return Graph(dict(sorted(operations.items())), wiring, hashed(*sorted(ordered)), xla)

    def _settings(self, node: Any) -> Iterator[str]:
        """Yield the settings of an operation, except names; a function that it calls is described by its wiring."""
        text = node.op == "Const" and node.attr["dtype"].type == _STRING
        for key, value in sorted(node.attr.items()):
            if callees := [one.name for one in (value.func, *value.list.func) if one.name]:
                yield f"{key}: {' '.join(self.of(one).wiring for one in callees)}"
            elif not key.startswith("_") and key not in _NAMES and not (text and key == "value"):
                yield f"{key}: {value.SerializeToString(deterministic=True).hex()}"


def _source(value: str) -> str:
    """Return the operation or argument behind a value: `x/MatMul` for `x/MatMul:product:0`, `x/NoOp` for `^x/NoOp`."""
    return value.lstrip("^").partition(":")[0]
