"""What do the styles of a twin compile to?

Each style is asked for what is timed, as a user asks for it: it is trained by `fit`, predicts, and is called by
`tf.function` or `jax.jit`. The graphs that are compiled meanwhile are read, and held against those of functional. The
controls are functional once more, which must be equal, and functional with one operation more, which must be found.

A graph of TensorFlow is read twice: as it is given, and as its optimizer leaves it, which is what runs. One of JAX is
read as XLA is given it. PyTorch compiles none; of it the operations are read that it runs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypedDict

import keras

from twinproof.base.styles import CONTROL, EXTENDED
from twinproof.measured.backend import JaxCall, compiled_call, to_tensors
from twinproof.measured.probes import Outcome
from twinproof.measured.probes.instances import Instances, attempt, shuffled
from twinproof.measured.task import Given
from twinproof.measured.twins import Twin
from twinproof.proof.arrays import flatten, map_leaves
from twinproof.proof.graphs import Graph, difference, judge
from twinproof.proof.jaxprs import graph_of
from twinproof.proof.keras_api import BACKEND
from twinproof.proof.tracing import optimized, traced
from twinproof.study.examples import Dataset
from twinproof.study.settings import COMPILED, GraphSettings

REFERENCE = "functional"
# The first step may make variables; what it is compiled to then runs once.
STEPS = 2

# By function: the graphs that are given, and those that TensorFlow's optimizer leaves.
Graphs = tuple[dict[str, Graph], dict[str, Graph]]


class NoGraphError(Exception):
    """A function of a model of which no graph was compiled."""


class Comparison(TypedDict):
    """How a graph compares with functional's, in a word and in words."""

    outcome: str
    difference: str


class Read(TypedDict, total=False):
    """What a graph is made of: how often each operation is there, and digests; how it compares, but of functional."""

    operations: dict[str, int]
    wiring: str
    order: str
    xla: bool
    comparison: Comparison


class Compiled(TypedDict, total=False):
    """What a function is compiled to: the graph that is given, and what TensorFlow's optimizer leaves of it."""

    given: Read
    optimized: Read


class Found(TypedDict):
    """What was compiled of one style, by the quantity of timing that runs it; no call on PyTorch."""

    backend: str
    functions: dict[str, Compiled]


def run(twin: Twin, data: Dataset, seed: int, settings: GraphSettings) -> Outcome:
    """Compile each style, and functional twice more, and compare what comes of it with functional."""
    functional = twin.builders[REFERENCE]
    builders: dict[str, Callable[[], keras.Model]] = {
        **twin.builders,
        CONTROL: functional,
        EXTENDED: functools.partial(extended, functional),
    }
    order = shuffled(builders, seed)
    given = twin.task.given(data.train.rows(slice(STEPS * settings.batch_size)), data.classes)
    instances = Instances(replace(twin, builders=builders), given.inputs, seed)

    @functools.cache
    def compiled(style: str) -> Graphs:
        return _compile(instances.make(style), given, settings.batch_size)

    def measure(style: str) -> Found:
        given, left = compiled(style)
        before, after = _of_functional(compiled) if style != REFERENCE else ({}, {})
        functions: dict[str, Compiled] = {
            name: {"given": _read(graph, before.get(name))} for name, graph in given.items()
        }
        for name, graph in left.items():
            functions[name]["optimized"] = _read(graph, after.get(name))
        return {"backend": BACKEND, "functions": functions}

    return Outcome(order, {style: attempt(functools.partial(measure, style)) for style in order})


def extended(build: Callable[[], keras.Model]) -> keras.Model:
    """Return a model that does one operation more, on the first that it is given: a ReLU, which changes no pixel."""
    model = build()
    call = model.call

    def longer(inputs: Any, *rest: Any, **options: Any) -> Any:
        return call(_first_changed(keras.activations.relu, inputs), *rest, **options)

    model.call = longer
    return model


def _first_changed(change: Callable[[Any], Any], inputs: Any) -> Any:
    """Return nested inputs, the first of them changed."""
    first = next(leaf for _, leaf in flatten(inputs))
    return map_leaves(lambda leaf: change(leaf) if leaf is first else leaf, inputs)


def _compile(model: keras.Model, examples: Given, batch_size: int) -> Graphs:
    """Return the graphs that are given of a model, and those that TensorFlow's optimizer leaves."""
    inputs, targets = examples.inputs, examples.targets
    one = to_tensors(examples.first(1).inputs)
    # TensorFlow forgets the graph of a function that is not kept.
    call = None if BACKEND == "torch" else compiled_call(model)
    given: dict[str, Graph] = {}
    left: dict[str, Graph] = {}

    def call_compiled() -> None:
        if isinstance(call, JaxCall):  # What Keras does not compile is not seen while it runs.
            given["compiled_call"] = graph_of(call.function, call.state(), one)
        elif call:
            call(one)

    actions: dict[str, Callable[[], object]] = {
        "train_step": lambda: model.fit(inputs, targets, batch_size=batch_size, verbose=0),
        "predict": lambda: model.predict(inputs, batch_size=batch_size, verbose=0),
        "compiled_call": call_compiled,
    }
    for name in COMPILED:
        if name == "compiled_call" and not call:
            continue
        with optimized(left, name), traced(given, name):
            actions[name]()
        if name not in given or (BACKEND == "tensorflow" and name not in left):
            raise NoGraphError(f"{name}: no graph of it was compiled")
    return given, left


def _of_functional(compiled: Callable[[str], Graphs]) -> Graphs:
    """Return the graphs of functional; none where it raises, which is told in its own turn."""
    try:
        return compiled(REFERENCE)
    except Exception:
        return {}, {}


def _read(graph: Graph, reference: Graph | None) -> Read:
    read: Read = {"operations": graph.operations, "wiring": graph.wiring, "order": graph.order, "xla": graph.xla}
    if reference:
        read["comparison"] = {"outcome": judge(reference, graph), "difference": difference(reference, graph)}
    return read
