"""A custom training step for each backend of Keras."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from twinproof.proof.keras_api import BACKEND

# The name under which the step reports its loss.
OWN_LOSS = "own_loss"


def _of_tensorflow(model: Any, data: Any) -> dict[str, Any]:
    tf = sys.modules["tensorflow"]
    inputs, targets, *_ = data
    with tf.GradientTape() as tape:
        loss = model.compute_loss(inputs, targets, model(inputs, training=True))
    variables = model.trainable_variables
    model.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
    return {OWN_LOSS: loss}


def _of_jax(model: Any, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
    inputs, targets, *_ = data
    trained, others, of_optimizer, of_metrics = state

    # Unlike a call of the model, this passes all arguments on.
    options = {"training": True} if "training" in inspect.signature(model.call).parameters else {}

    def loss_of(trained: Any, others: Any) -> tuple[Any, Any]:
        outputs, others = model.stateless_call(trained, others, inputs, **options)
        loss, _ = model.stateless_compute_loss(trained, others, of_metrics, x=inputs, y=targets, y_pred=outputs)
        return loss, others

    (loss, others), gradients = sys.modules["jax"].value_and_grad(loss_of, has_aux=True)(trained, others)
    trained, of_optimizer = model.optimizer.stateless_apply(of_optimizer, gradients, trained)
    return {OWN_LOSS: loss}, (trained, others, of_optimizer, of_metrics)


def _of_torch(model: Any, data: Any) -> dict[str, Any]:
    inputs, targets, *_ = data
    model.zero_grad()
    loss = model.compute_loss(inputs, targets, model(inputs, training=True))
    loss.backward()
    variables = list(model.trainable_variables)
    with sys.modules["torch"].no_grad():
        model.optimizer.apply([one.value.grad for one in variables], variables)
    return {OWN_LOSS: loss}


_STEPS: dict[str, Callable[..., Any]] = {"tensorflow": _of_tensorflow, "jax": _of_jax, "torch": _of_torch}
# The `train_step` of a model's class.
OWN_STEP = _STEPS[BACKEND]
