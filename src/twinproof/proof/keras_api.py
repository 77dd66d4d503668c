"""Differences between Keras 2, Keras 3 and its backends: variables, seeds, eager runs, gradients."""

from __future__ import annotations

import platform
import random
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

KERAS_2 = keras.__version__.startswith("2.")
# The stream of the first generator that no layer call in inference shows.
OWN_STREAM = 1_000_000
BACKEND = "tensorflow" if KERAS_2 else str(keras.backend.backend())

if KERAS_2:
    # Otherwise its random layers use stateful operations, whose seeds count the operations made before them.
    keras.backend.experimental.enable_tf_random_generator()

# Keras 3's names for the state of Keras 2's optimizers, and for that of legacy optimizers for each weight.
_STATE = {"iter": "iteration", "current_loss_scale": "dynamic_scale", "good_steps": "step_counter"}
_SLOTS = {
    "SGD": {"momentum": "momentums"},
    "Adam": {"m": "_momentums", "v": "_velocities", "vhat": "_velocity_hats"},
    "RMSprop": {"rms": "_velocities", "momentum": "_momentums", "mg": "_average_gradients"},
    "Adagrad": {"accumulator": "_accumulators"},
}

# Random layers depend only on these.
DRAWS = f"Keras {keras.__version__.split('.')[0]} on {BACKEND}"


def made_with() -> dict[str, str]:
    """Return the versions that a proof is made with."""
    return {
        "keras": keras.__version__,
        "backend": BACKEND,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def path(variable: Any) -> str:
    """Return the path of a variable: the names of the layers around it and its own, separated by slashes."""
    full = variable.name if KERAS_2 else getattr(variable, "path", variable.name)
    return str(full).partition(":")[0]


def to_array(tensor: Any) -> NDArray[Any] | None:
    """Return the values of a tensor or variable; None if it has none, for example while a graph is traced."""
    array: NDArray[Any] = tensor
    if not isinstance(tensor, np.ndarray):
        try:
            array = np.asarray(_raw(tensor).numpy() if BACKEND == "tensorflow" else keras.ops.convert_to_numpy(tensor))
        except Exception:
            return None
    # NumPy has no bfloat16 of its own.
    return array.astype(np.float32) if array.dtype.kind == "V" or array.dtype.name == "bfloat16" else array


def _raw(tensor: Any) -> Any:
    """Return TensorFlow's tensor: a variable of Keras 3 would make its array in a way that causes a warning."""
    return tensor if KERAS_2 or not isinstance(tensor, keras.Variable) else tensor._value


def value_of(variable: Any) -> NDArray[Any]:
    """Return a copy of the value of a variable."""
    value = to_array(variable)
    if value is None:
        raise TypeError(f"{variable} has no value")
    copy: NDArray[Any] = value.copy()  # NumPy's types for Python 3.10 are not precise enough.
    return copy


def variables_of(model: keras.Model) -> list[Any]:
    """Return the variables of a model; none for a class of Keras 2 that is not built, which raises an error."""
    try:
        return list(model.variables)
    except ValueError:
        return []


@contextmanager
def unchanged(variables: Iterable[Any]) -> Iterator[None]:
    """Restore the present values of variables at the end."""
    kept = [(variable, value_of(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)


def own_variables(layer: Any) -> list[Any]:
    """Return the variables of a layer itself, without those of the layers inside it."""
    if KERAS_2:
        return [*layer._trainable_weights, *layer._non_trainable_weights]
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def generators(layer: Any, inside: bool) -> list[Any]:
    """Return the random generators of a layer, optionally with those of the layers `inside` it."""
    layers = layer._flatten_layers() if inside else [layer]
    if KERAS_2:
        return [one._random_generator for one in layers if hasattr(one, "_random_generator")]
    return [generator for one in layers for generator in getattr(one, "_seed_generators", ())]


def seed_generator(generator: Any, seed: int, stream: int) -> None:
    """Give a generator a state that depends only on `seed` and `stream`."""
    if KERAS_2:
        generator._maybe_init()
        if getattr(generator, "_generator", None) is not None:
            generator._generator.reset_from_seed([seed, stream])
    else:
        # PyTorch has no unsigned integers for this.
        generator.state.assign([seed, stream % 2**31 if BACKEND == "torch" else stream])


def seed_everything(seed: int) -> None:
    """Seed the global generators: Python, NumPy and the backend."""
    keras.utils.set_random_seed(seed)


def seed_python(seed: int) -> None:
    """Seed Python, NumPy and PyTorch, which a step may use between two graphs."""
    random.seed(seed)
    np.random.seed(seed)
    if BACKEND == "torch":
        sys.modules["torch"].manual_seed(seed)


def is_compiled(model: keras.Model) -> bool:
    """Return whether a model was compiled."""
    return bool(model._is_compiled if KERAS_2 else model.compiled)


def has_call(model: keras.Model) -> bool:
    """Return whether a model can be called; a model that only trains, such as a GAN, may have no `call`."""
    return type(model).call is not keras.Model.call


def call(model: keras.Model, inputs: Any, training: bool) -> Any:
    """Call a model as its own `fit` and `predict` do."""
    if KERAS_2 or getattr(model, "_call_has_training_arg", True):
        return model(inputs, training=training)
    return model(inputs)


def reset_states(model: keras.Model) -> None:
    """Reset what recurrent layers keep from batch to batch: it is not among the weights."""
    for layer in model._flatten_layers():
        if not isinstance(layer, keras.layers.RNN) or not layer.stateful:
            continue
        states = getattr(layer, "states", None)
        if any(state is not None for state in (states if isinstance(states, (list, tuple)) else [states])):
            (layer.reset_states if KERAS_2 else layer.reset_state)()


def run_eagerly(model: keras.Model, eagerly: bool) -> None:
    """Make the next training step of a model run operation by operation, or as a compiled graph."""
    model.run_eagerly = eagerly
    model.train_function = model.predict_function = None
    if not KERAS_2 and BACKEND == "tensorflow":
        # XLA fuses neighbouring operations: that would compare compilers, and takes minutes to compile.
        model.jit_compile = False


@contextmanager
def functions_run_eagerly() -> Iterator[None]:
    """Make functions that a model compiles with `tf.function` run eagerly, so that their values are visible."""
    if BACKEND != "tensorflow":
        yield
        return
    config = sys.modules["tensorflow"].config
    before = config.functions_run_eagerly()
    config.run_functions_eagerly(True)
    try:
        yield
    finally:
        config.run_functions_eagerly(before)


def optimizer_classes() -> list[tuple[type, str]]:
    """Return the base classes of optimizers, each with the name of the method that receives the gradients."""
    if KERAS_2:
        legacy = keras.optimizers.legacy.Optimizer
        return [(keras.optimizers.Optimizer, "apply_gradients"), (legacy, "apply_gradients")]
    return [(keras.optimizers.Optimizer, "apply")]


def is_optimizer(value: Any) -> bool:
    """Return whether a value is an optimizer, including those that Keras 2 calls legacy."""
    return isinstance(value, tuple(base for base, _ in optimizer_classes()))


def build_optimizer(optimizer: Any, variables: list[Any]) -> None:
    """Make an optimizer create its state for these variables, unless it has done so."""
    if hasattr(optimizer, "build"):
        if not getattr(optimizer, "built", False):
            optimizer.build(variables)
    elif hasattr(optimizer, "_create_all_weights"):  # A legacy optimizer; it creates nothing twice.
        optimizer._create_all_weights(variables)


def legacy_slots(optimizer: Any, variables: list[Any]) -> list[tuple[str, Any, Any]]:
    """Return the state of a legacy optimizer for each variable, as (attribute, variable, state).

    Other optimizers have lists in attributes; these are the names of the attributes.
    """
    held = getattr(optimizer, "_slots", {}) if hasattr(optimizer, "get_slot_names") else {}
    names = _SLOTS.get(type(optimizer).__name__, {})
    return [
        (names.get(name, f"_{name}"), variable, slot)
        for variable in variables
        for name, slot in held.get(getattr(variable, "_unique_id", None), {}).items()
    ]


def optimizer_variables(optimizer: Any) -> list[Any]:
    """Return every variable of an optimizer."""
    variables = optimizer.variables
    found = list(variables() if callable(variables) else variables)
    if KERAS_2:  # It does not include the learning rate and the loss scale; Keras 3 does.
        hyper = getattr(optimizer, "_hyper", None) or {}
        rate = getattr(optimizer, "_learning_rate", None) if not hyper else hyper.get("learning_rate")
        scaling = getattr(optimizer, "_loss_scale", None)
        own = [rate, getattr(scaling, "current_loss_scale", None), getattr(scaling, "counter", None)]
        found += [one for one in own if hasattr(one, "assign") and all(one is not other for other in found)]
    return found


def optimizer_variable_name(variable: Any) -> str:
    """Return Keras 3's name for a variable of an optimizer that belongs to no weight."""
    name = path(variable).rpartition("/")[2]
    return _STATE.get(name, name) if KERAS_2 else name
