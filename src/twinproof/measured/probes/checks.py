"""The checks: what is inspected or changed in a model, one function each.

Each makes the model first, because some of them change global settings, and returns its finding as a plain value of
JSON. The correct value follows from the description of the network, and not from a model. Inputs are left out, because
they have their own layer only in some styles. A check raises `NotAvailableError` if the environment lacks what it
needs, and does not catch other errors.
"""

import importlib.util
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np

from twinproof.measured.backend import NotAvailableError, fetch
from twinproof.measured.probes.own_step import OWN_LOSS, OWN_STEP
from twinproof.measured.task import Given, Task
from twinproof.measured.twins.known import Known
from twinproof.proof.arrays import flatten
from twinproof.proof.keras_api import BACKEND
from twinproof.proof.weights import weights


class Subject(NamedTuple):
    """The input of a check: a model to be made, and three batches of examples."""

    construct: Callable[[], keras.Model]
    build: Callable[[keras.Model], None]
    built: bool
    task: Task
    given: Given
    batch_size: int

    def make(self) -> keras.Model:
        """Return a new model, built or not."""
        model = self.construct()
        if self.built:
            self.build(model)
        return model

    def layer(self) -> str:
        """Return the name of a layer with weights, the same in every style: the last one in the alphabet."""
        model = self.construct()
        self.build(model)
        name = max(layer.name for layer in model.layers if layer.weights)
        # Undo the effects of this model on Keras's global state.
        keras.backend.clear_session()
        return str(name)


def summary(subject: Subject) -> Any:
    """How many layers the summary lists with a known shape, and the parameters that it counts."""
    model, written = subject.make(), list[str]()
    model.summary(print_fn=lambda text, **_: written.append(text), line_length=120)
    lines = "\n".join(written).splitlines()
    own = [line for layer in _layers(model) for line in lines if re.search(rf"\b{layer.name}\b.*\(", line)]
    total = next(line for line in lines if "Total params" in line)
    return {
        "layers": len(own),
        "shapes": sum(bool(re.search(r"[(\[]None, ", line)) for line in own),
        "parameters": re.sub(r"[^\d]", "", total.partition(":")[2].partition("(")[0]),
    }


def count_params(subject: Subject) -> Any:
    """The number of parameters."""
    return int(subject.make().count_params())


def layer_names(subject: Subject) -> Any:
    """The names of the layers."""
    return sorted(layer.name for layer in _layers(subject.make()))


def weight_names(subject: Subject) -> Any:
    """The names of the weights."""
    return sorted(weights(subject.make()))


def get_layer(subject: Subject) -> Any:
    """A layer by its name: its class and the number of its weights."""
    name = subject.layer()
    layer = subject.make().get_layer(name)
    return {"class": type(layer).__name__, "weights": len(layer.weights)}


def inputs(subject: Subject) -> Any:
    """The shapes of the inputs."""
    return [list(tensor.shape) for tensor in subject.make().inputs or []]


def output_shape(subject: Subject) -> Any:
    """The shape of the output."""
    return list(subject.make().output_shape)


def layer_outputs(subject: Subject) -> Any:
    """The shape of each layer's output."""
    return {layer.name: list(layer.output.shape) for layer in _layers(subject.make())}


def feature_extraction(subject: Subject) -> Any:
    """The shape of the predictions of a model that ends at an inner layer."""
    name, model = subject.layer(), subject.make()
    part = keras.Model(model.inputs, model.get_layer(name).output)
    return list(part.predict_on_batch(subject.given.inputs).shape)


def graph_drawing(subject: Subject) -> Any:
    """The number of layers in the drawing, and of connections between them."""
    if importlib.util.find_spec("pydot") is None:
        raise NotAvailableError("there is no pydot")
    drawn = keras.utils.model_to_dot(subject.make())
    named = [node for node in drawn.get_nodes() if node.get_name() not in ("node", "edge", "graph")]
    nodes = {node.get_name() for node in named if "InputLayer" not in str(node.get_label())}
    return {"nodes": len(nodes), "edges": sum(edge.get_source() in nodes for edge in drawn.get_edges())}


def freezing(subject: Subject) -> Any:
    """Which weights are trained once a layer is frozen."""
    name, model = subject.layer(), subject.make()
    model.get_layer(name).trainable = False
    _compile(model, subject)
    # The first step builds what is not built.
    model.train_on_batch(subject.given.inputs, subject.given.targets)
    before = weights(model)
    model.train_on_batch(subject.given.inputs, subject.given.targets)
    return _changed(model, before)


def mixed_precision(subject: Subject) -> Any:
    """The number types of computations and outputs, under the policy `mixed_float16`."""
    keras.mixed_precision.set_global_policy("mixed_float16")
    model = subject.make()
    outputs = _outputs(model, subject)
    return {
        "compute": sorted({layer.compute_dtype for layer in _layers(model)}),
        "output": ", ".join(sorted({str(output.dtype) for output in outputs})),
        "finite": _finite(outputs),
    }


def quantization(subject: Subject) -> Any:
    """How many weights are of type int8 after quantization, and whether outputs are finite."""
    if not hasattr(keras.Model, "quantize"):
        raise NotAvailableError(f"Keras {keras.__version__} has no Model.quantize")
    model = subject.make()
    model.quantize("int8")
    return {
        "int8": sum(weight.dtype == "int8" for weight in model.weights),
        "finite": _finite(_outputs(model, subject)),
    }


def custom_train_step(subject: Subject) -> Any:
    """Whether a custom training step is used, and how many weights it trains."""
    model = subject.make()
    if type(model).__module__.startswith("keras."):
        # A graph is wrapped in a class with the step; a custom class defines the step itself.
        whole = isinstance(model, keras.Sequential)
        own = type("Own", (keras.Sequential if whole else keras.Model,), {"train_step": OWN_STEP})
        model = own(model.layers) if whole else own(model.input, model.output)
    else:
        type(model).train_step = OWN_STEP
    _compile(model, subject)
    # The first steps build what is not built.
    _fit(model, subject)
    before = weights(model)
    taken = OWN_LOSS in _fit(model, subject)
    return {"taken": taken, "trained": len(_changed(model, before))}


def distribution_strategy(subject: Subject) -> Any:
    """Whether training under a distribution strategy, on one device, keeps the loss finite."""
    if BACKEND != "tensorflow":
        raise NotAvailableError("there is no TensorFlow, whose strategies these are")
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    with strategy.scope():
        model = subject.make()
        _compile(model, subject)
    history = _fit(model, subject)
    return {"replicas": strategy.num_replicas_in_sync, "finite": bool(np.isfinite(history["loss"]).all())}


class Check(NamedTuple):
    """A check: its function, the correct value for a known network, and its mechanism.

    Checks that depend on the same thing share a `mechanism`: then a missing feature of a style counts only once.
    """

    look: Callable[[Subject], Any]
    right: Callable[[Known, Subject], Any]
    mechanism: str


GRAPH = "A static graph"
CHECKS = {
    "summary": Check(
        summary,
        lambda known, _: {
            "layers": len(known.layers),
            "shapes": len(known.layers),
            "parameters": str(known.parameters),
        },
        "Counts",
    ),
    "count_params": Check(count_params, lambda known, _: known.parameters, "Counts"),
    "layer_names": Check(layer_names, lambda known, _: sorted(layer.name for layer in known.layers), "Names"),
    "weight_names": Check(weight_names, lambda known, _: known.weight_names, "Names"),
    "get_layer": Check(
        get_layer, lambda known, _: {"class": known.last.kind, "weights": len(known.last.weights)}, "Names"
    ),
    "inputs": Check(inputs, lambda known, _: [[None, known.pixels]], GRAPH),
    "output_shape": Check(output_shape, lambda known, _: [None, known.layers[-1].width], GRAPH),
    "layer_outputs": Check(
        layer_outputs, lambda known, _: {layer.name: [None, layer.width] for layer in known.layers}, GRAPH
    ),
    "feature_extraction": Check(
        feature_extraction, lambda known, subject: [subject.given.count, known.last.width], GRAPH
    ),
    "graph_drawing": Check(
        graph_drawing, lambda known, _: {"nodes": len(known.layers), "edges": len(known.layers) - 1}, GRAPH
    ),
    "freezing": Check(
        freezing,
        lambda known, _: [name for name in known.weight_names if not name.startswith(f"{known.last.name}/")],
        "Freezing",
    ),
    "mixed_precision": Check(
        mixed_precision, lambda *_: {"compute": ["float16"], "output": "float16", "finite": True}, "Mixed precision"
    ),
    "quantization": Check(
        quantization,
        lambda known, _: {"int8": sum(layer.kind == "Dense" for layer in known.layers), "finite": True},
        "Quantization",
    ),
    "custom_train_step": Check(
        custom_train_step,
        lambda known, _: {"taken": True, "trained": len(known.weight_names)},
        "A training step of one's own",
    ),
    "distribution_strategy": Check(
        distribution_strategy, lambda *_: {"replicas": 1, "finite": True}, "A strategy of distribution"
    ),
}


def _layers(model: keras.Model) -> list[Any]:
    return [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def _outputs(model: keras.Model, subject: Subject) -> list[Any]:
    return [output for _, output in flatten(fetch(model(subject.given.inputs)))]


def _finite(outputs: list[Any]) -> bool:
    return all(bool(np.isfinite(output).all()) for output in outputs)


def _compile(model: keras.Model, subject: Subject) -> None:
    subject.task.compile(model, optimizer="sgd", metrics=None)


def _changed(model: keras.Model, before: Mapping[str, Any]) -> list[str]:
    return sorted(name for name, value in weights(model).items() if not np.array_equal(value, before[name]))


def _fit(model: keras.Model, subject: Subject) -> dict[str, list[float]]:
    done = model.fit(subject.given.inputs, subject.given.targets, batch_size=subject.batch_size, verbose=0)
    return dict(done.history)
