"""What do the styles of a twin compile to?

Each style is used as in the timings, as a user would: it is trained by `fit`, predicts, and is called with
`tf.function` or `jax.jit`. The graphs that are compiled meanwhile are read, and compared with those of functional. The
controls are functional once more, which must be equal, and functional with one more operation, which must be found.

A graph of TensorFlow is read twice: before its optimizer, and after it, which is the graph that runs. A graph of JAX is
read in the form that XLA gets. PyTorch compiles nothing; the operations that it runs are read.
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
from twinproof.proof.keras_api import BACKEND, build_optimizer
from twinproof.proof.tracing import optimized, traced
from twinproof.study.examples import Dataset
from twinproof.study.settings import COMPILED, GraphSettings

REFERENCE = "functional"
# The first step may create variables; its compiled code then runs only once.
STEPS = 2

# By function: the graphs before and after TensorFlow's optimizer.
Graphs = tuple[dict[str, Graph], dict[str, Graph]]


class NoGraphError(Exception):
    """A function of a model for which no graph was compiled."""


class Comparison(TypedDict):
    """How a graph compares with functional's, in a word and in words."""

    outcome: str
    difference: str


class Read(TypedDict, total=False):
    """A summary of a graph: the count of each operation, digests, and (except for functional) the comparison."""

    operations: dict[str, int]
    wiring: str
    order: str
    xla: bool
    comparison: Comparison


class Compiled(TypedDict, total=False):
    """The compiled form of a function: the graph before and after TensorFlow's optimizer."""

    given: Read
    optimized: Read


class Found(TypedDict):
    """The compiled functions of one style, by the quantity of timing that runs them; no call on PyTorch."""

    backend: str
    functions: dict[str, Compiled]


def run(twin: Twin, data: Dataset, seed: int, settings: GraphSettings) -> Outcome:
    """Compile each style, and functional twice more, and compare the results with functional."""
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
    """Return a model with one more operation, on its first input: a ReLU, which changes no pixel."""
    model = build()
    call = model.call

    def longer(inputs: Any, *rest: Any, **options: Any) -> Any:
        return call(_first_changed(keras.activations.relu, inputs), *rest, **options)

    model.call = longer
    return model


def _first_changed(change: Callable[[Any], Any], inputs: Any) -> Any:
    """Return nested inputs with the first of them changed."""
    first = next(leaf for _, leaf in flatten(inputs))
    return map_leaves(lambda leaf: change(leaf) if leaf is first else leaf, inputs)


def _compile(model: keras.Model, examples: Given, batch_size: int) -> Graphs:
    """Return the graphs of a model before and after TensorFlow's optimizer."""
    inputs, targets = examples.inputs, examples.targets
    # Otherwise the first step creates the optimizer's state, and its code is compiled twice.
    build_optimizer(model.optimizer, model.trainable_variables)
    one = to_tensors(examples.first(1).inputs)
    # TensorFlow forgets the graph of a function that is not kept.
    call = None if BACKEND == "torch" else compiled_call(model)
    given: dict[str, Graph] = {}
    left: dict[str, Graph] = {}

    def call_compiled() -> None:
        if isinstance(call, JaxCall):  # A function that Keras does not compile is not seen while it runs.
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
            raise NoGraphError(f"{name}: no graph was compiled for it")
    return given, left


def _of_functional(compiled: Callable[[str], Graphs]) -> Graphs:
    """Return the graphs of functional; none if it raises, which is reported when its turn comes."""
    try:
        return compiled(REFERENCE)
    except Exception:
        return {}, {}


def _read(graph: Graph, reference: Graph | None) -> Read:
    read: Read = {"operations": graph.operations, "wiring": graph.wiring, "order": graph.order, "xla": graph.xla}
    if reference:
        read["comparison"] = {"outcome": judge(reference, graph), "difference": difference(reference, graph)}
    return read
