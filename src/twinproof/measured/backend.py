"""Differences between the backends of Keras: their device, how to wait for results, what they compile."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import keras
import numpy as np

from twinproof.proof.arrays import map_leaves
from twinproof.proof.keras_api import BACKEND

if BACKEND == "jax":
    import jax
elif BACKEND == "torch":
    import torch
else:
    import tensorflow as tf

# Whether XLA compiles a model that takes only a few steps: on TensorFlow that costs seconds, on JAX it saves seconds.
BY_XLA = BACKEND == "jax"


class NotAvailableError(Exception):
    """The environment lacks what an operation needs."""


def device() -> str:
    """Return the device of the backend: `CPU`, or `GPU` and its name."""
    if BACKEND == "jax":
        first = jax.devices()[0]
        return "CPU" if first.platform == "cpu" else f"GPU {first.device_kind}"
    if BACKEND == "torch":
        return f"GPU {torch.cuda.get_device_name()}" if torch.cuda.is_available() else "CPU"
    where = tf.linalg.matmul(tf.ones((1, 1)), tf.ones((1, 1))).device.rpartition("device:")[2]
    kind, _, index = where.partition(":")
    if kind != "GPU":
        return str(kind)
    details = tf.config.experimental.get_device_details(tf.config.list_physical_devices("GPU")[int(index)])
    return f"GPU {details.get('device_name', 'of unknown name')}"


def finish_work() -> None:
    """Wait until the backend has finished its work.

    On a CPU, TensorFlow and PyTorch have finished when a call returns; JAX may not have.
    """
    if BACKEND == "jax":
        jax.block_until_ready(jax.live_arrays())
    elif has_gpu():
        if BACKEND == "torch":
            torch.cuda.synchronize()
        else:
            tf.test.experimental.sync_devices()


@cache
def has_gpu() -> bool:
    """Return whether the backend has a GPU to compute on."""
    if BACKEND == "tensorflow":
        return bool(tf.config.list_logical_devices("GPU"))
    return device() != "CPU"


class DeviceMemory:
    """The peak growth of the first GPU's memory, from now on; meanwhile, this many extra bytes are held."""

    @classmethod
    def of_first_gpu(cls, beside: int) -> DeviceMemory | None:
        """Start to measure; None if there is no GPU, or if the backend cannot reset the peak, such as JAX."""
        return cls(beside) if BACKEND != "jax" and has_gpu() else None

    def __init__(self, beside: int) -> None:
        if BACKEND == "torch":
            torch.cuda.reset_peak_memory_stats()
            self._before = int(torch.cuda.memory_allocated())
            self._held = torch.zeros(beside // 4, device="cuda")
        else:
            self._name = tf.config.list_logical_devices("GPU")[0].name
            tf.config.experimental.reset_memory_stats(self._name)
            self._before = int(tf.config.experimental.get_memory_info(self._name)["current"])
            with tf.device(self._name):
                self._held = tf.zeros(beside // tf.float32.size)

    def grown(self) -> int:
        """Return the peak growth in bytes, and release the extra bytes."""
        self._held = None
        if BACKEND == "torch":
            return int(torch.cuda.max_memory_allocated()) - self._before
        return int(tf.config.experimental.get_memory_info(self._name)["peak"]) - self._before


def to_tensors(arrays: Any) -> Any:
    """Return nested arrays as tensors of the backend, on its device."""
    return map_leaves(tf.constant if BACKEND == "tensorflow" else keras.ops.convert_to_tensor, arrays)


def fetch(tensors: Any) -> Any:
    """Return the values of nested tensors as arrays, once they are computed."""
    # A single tensor takes a shortcut, because this is timed.
    return _array(tensors) if hasattr(tensors, "shape") else map_leaves(_array, tensors)


def _array(tensor: Any) -> Any:
    return np.asarray(tensor.detach().cpu() if BACKEND == "torch" else tensor)


def compiled_call(model: keras.Model) -> Callable[[Any], Any]:
    """Return a compiled call of a model: with `tf.function`, or with `jax.jit`.

    Raises
    ------
    NotAvailableError
        On PyTorch, which does not compile models.
    """
    if BACKEND == "tensorflow":
        function: Callable[[Any], Any] = tf.function(model)
        return function
    if BACKEND == "torch":
        raise NotAvailableError("Keras on PyTorch compiles no call")
    return JaxCall(model)


class JaxCall:
    """A call of a model, compiled by `jax.jit` as a function of its variables' values, which training changes."""

    def __init__(self, model: keras.Model) -> None:
        self._variables = model.trainable_variables, model.non_trainable_variables
        # The outputs, without new values of variables.
        self.function = jax.jit(lambda state, inputs: (model.stateless_call(*state, inputs)[0], ()))

    def state(self) -> tuple[list[Any], ...]:
        """Return the present values of the model's variables, trained and others."""
        return tuple([one.value for one in some] for some in self._variables)

    def __call__(self, inputs: Any) -> Any:
        """Return the outputs of the model."""
        return self.function(self.state(), inputs)[0]


def take_back_values(model: keras.Model) -> None:
    """Restore a model's values, which Keras on JAX stores outside of its variables while it trains or predicts."""
    if BACKEND == "jax":
        model.jax_state_sync()


def steps_at_once(steps: int) -> int:
    """Return how many training steps one call of a compiled function may take, if `steps` are requested.

    Keras on PyTorch takes one; the weights are the same.
    """
    return 1 if BACKEND == "torch" else steps
