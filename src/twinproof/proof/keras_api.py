"""What Keras 2, Keras 3 and its backends call by different names: variables, seeds, eager runs, gradients."""

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
# Of the first generator that no call of a layer in inference shows.
OWN_STREAM = 1_000_000
BACKEND = "tensorflow" if KERAS_2 else str(keras.backend.backend())

if KERAS_2:
    # Otherwise its random layers draw from stateful operations, whose seeds count the operations made before them.
    keras.backend.experimental.enable_tf_random_generator()

# What optimizers of Keras 2 hold, and the legacy ones for each weight, as Keras 3 calls it.
_STATE = {"iter": "iteration", "current_loss_scale": "dynamic_scale", "good_steps": "step_counter"}
_SLOTS = {
    "SGD": {"momentum": "momentums"},
    "Adam": {"m": "_momentums", "v": "_velocities", "vhat": "_velocity_hats"},
    "RMSprop": {"rms": "_velocities", "momentum": "_momentums", "mg": "_average_gradients"},
    "Adagrad": {"accumulator": "_accumulators"},
}

# What a random layer draws depends on these alone.
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
    """Return the names of the layers around a variable and its own, with slashes in between."""
    full = variable.name if KERAS_2 else getattr(variable, "path", variable.name)
    return str(full).partition(":")[0]


def to_array(tensor: Any) -> NDArray[Any] | None:
    """Return the values of a tensor or variable; None where it has none, as while a graph is traced."""
    array: NDArray[Any] = tensor
    if not isinstance(tensor, np.ndarray):
        try:
            array = np.asarray(_raw(tensor).numpy() if BACKEND == "tensorflow" else keras.ops.convert_to_numpy(tensor))
        except Exception:
            return None
    # NumPy has no bfloat16 of its own.
    return array.astype(np.float32) if array.dtype.kind == "V" or array.dtype.name == "bfloat16" else array


def _raw(tensor: Any) -> Any:
    """Return the tensor of TensorFlow: a variable of Keras 3 would make its array by a way that warns."""
    return tensor if KERAS_2 or not isinstance(tensor, keras.Variable) else tensor._value


def value_of(variable: Any) -> NDArray[Any]:
    """Return a copy of the value of a variable."""
    value = to_array(variable)
    if value is None:
        raise TypeError(f"{variable} has no value")
    copy: NDArray[Any] = value.copy()  # NumPy's types for Python 3.10 know no better.
    return copy


def variables_of(model: keras.Model) -> list[Any]:
    """Return the variables of a model; none of a class of Keras 2 that is not built, which refuses to tell."""
    try:
        return list(model.variables)
    except ValueError:
        return []


@contextmanager
def unchanged(variables: Iterable[Any]) -> Iterator[None]:
    """Give variables the values back that they have now."""
    kept = [(variable, value_of(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)


def own_variables(layer: Any) -> list[Any]:
    """Return the variables that a layer holds itself, not through the layers inside it."""
    if KERAS_2:
        return [*layer._trainable_weights, *layer._non_trainable_weights]
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def generators(layer: Any, inside: bool) -> list[Any]:
    """Return the generators from which a layer draws, with those of the layers `inside` it where asked."""
    layers = layer._flatten_layers() if inside else [layer]
    if KERAS_2:
        return [one._random_generator for one in layers if hasattr(one, "_random_generator")]
    return [generator for one in layers for generator in getattr(one, "_seed_generators", ())]


def seed_generator(generator: Any, seed: int, stream: int) -> None:
    """Give a generator the state that belongs to `seed` and `stream` alone."""
    if KERAS_2:
        generator._maybe_init()
        if getattr(generator, "_generator", None) is not None:
            generator._generator.reset_from_seed([seed, stream])
    else:
        # PyTorch has no unsigned integers for it.
        generator.state.assign([seed, stream % 2**31 if BACKEND == "torch" else stream])


def seed_everything(seed: int) -> None:
    """Seed what draws without a generator of its own: Python, NumPy and the backend."""
    keras.utils.set_random_seed(seed)


def seed_python(seed: int) -> None:
    """Seed Python, NumPy and PyTorch, which a step may draw from between two graphs."""
    random.seed(seed)
    np.random.seed(seed)
    if BACKEND == "torch":
        sys.modules["torch"].manual_seed(seed)


def is_compiled(model: keras.Model) -> bool:
    """Return whether a model was compiled."""
    return bool(model._is_compiled if KERAS_2 else model.compiled)


def has_call(model: keras.Model) -> bool:
    """Return whether a model can be called; one that only trains, as a GAN does, need not say how."""
    return type(model).call is not keras.Model.call


def call(model: keras.Model, inputs: Any, training: bool) -> Any:
    """Call a model as its own `fit` and `predict` do."""
    if KERAS_2 or getattr(model, "_call_has_training_arg", True):
        return model(inputs, training=training)
    return model(inputs)


def reset_states(model: keras.Model) -> None:
    """Forget what recurrent layers keep from batch to batch: no list of weights has it."""
    for layer in model._flatten_layers():
        if not isinstance(layer, keras.layers.RNN) or not layer.stateful:
            continue
        states = getattr(layer, "states", None)
        if any(state is not None for state in (states if isinstance(states, (list, tuple)) else [states])):
            (layer.reset_states if KERAS_2 else layer.reset_state)()


def run_eagerly(model: keras.Model, eagerly: bool) -> None:
    """Have the next training step of a model run operation by operation, or as a compiled graph."""
    model.run_eagerly = eagerly
    model.train_function = model.predict_function = None
    if not KERAS_2 and BACKEND == "tensorflow":
        # XLA fuses operations by their neighbours: that would compare compilers, and takes minutes to compile.
        model.jit_compile = False


@contextmanager
def functions_run_eagerly() -> Iterator[None]:
    """Have functions that a model compiles with `tf.function` run eagerly, so that values can be seen in them."""
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
    """Return the base classes of optimizers, each with the name of the method that is given the gradients."""
    if KERAS_2:
        legacy = keras.optimizers.legacy.Optimizer
        return [(keras.optimizers.Optimizer, "apply_gradients"), (legacy, "apply_gradients")]
    return [(keras.optimizers.Optimizer, "apply")]


def is_optimizer(value: Any) -> bool:
    """Return whether a value is an optimizer, also one that Keras 2 calls legacy."""
    return isinstance(value, tuple(base for base, _ in optimizer_classes()))


def build_optimizer(optimizer: Any, variables: list[Any]) -> None:
    """Have an optimizer make what it holds for these variables, unless it has done so."""
    if hasattr(optimizer, "build"):
        if not getattr(optimizer, "built", False):
            optimizer.build(variables)
    elif hasattr(optimizer, "_create_all_weights"):  # A legacy one; it makes nothing twice.
        optimizer._create_all_weights(variables)


def legacy_slots(optimizer: Any, variables: list[Any]) -> list[tuple[str, Any, Any]]:
    """Return what a legacy optimizer holds for each variable, as (attribute, variable, what it holds).

    Others hold lists, in attributes; these are the names under which they do.
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
    if KERAS_2:  # It does not count the learning rate and what scales the loss; Keras 3 does.
        hyper = getattr(optimizer, "_hyper", None) or {}
        rate = getattr(optimizer, "_learning_rate", None) if not hyper else hyper.get("learning_rate")
        scaling = getattr(optimizer, "_loss_scale", None)
        own = [rate, getattr(scaling, "current_loss_scale", None), getattr(scaling, "counter", None)]
        found += [one for one in own if hasattr(one, "assign") and all(one is not other for other in found)]
    return found


def optimizer_variable_name(variable: Any) -> str:
    """Return what Keras 3 calls a variable of an optimizer that belongs to no weight."""
    name = path(variable).rpartition("/")[2]
    return _STATE.get(name, name) if KERAS_2 else name
