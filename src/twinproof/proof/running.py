"""Runs of a model: its outputs, and the calls of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from twinproof.proof.arrays import Value, flatten
from twinproof.proof.capture import Call, Recorder, recording
from twinproof.proof.errors import ModelError
from twinproof.proof.keras_api import (
    call,
    has_call,
    optimizer_variables,
    reset_states,
    run_eagerly,
    to_array,
    unchanged,
)
from twinproof.proof.side import Side


def layer_calls(
    side: Side, labels: Mapping[int, str], inputs: Any, training: bool
) -> tuple[list[Call], Any, list[Any]]:
    """Return the calls of layers on one batch, the outputs, and the layers that were called.

    Raises
    ------
    ModelError
        If the model raises.
    """
    recorder = Recorder(side.model, labels=dict(labels))
    with recording(recorder):
        outputs = run_once(side, inputs, training)
    return recorder.calls, outputs, recorder.layers


def run_once(side: Side, inputs: Any, training: bool = False) -> Any:
    """Call a model; if it has no `call`, run one training step, undo it, and return the values that the step reports.

    Raises
    ------
    ModelError
        If the model raises.
    """
    reset_states(side.model)
    try:
        return call(side.model, inputs, training) if has_call(side.model) else _trial_step(side, inputs)
    except (Exception, SystemExit) as error:
        raise ModelError(f"calling {side.name}", error) from error


def _trial_step(side: Side, inputs: Any) -> dict[str, Any]:
    model, optimizers = side.model, side.optimizers().values()
    held = [one for optimizer in optimizers for one in optimizer_variables(optimizer)]
    run_eagerly(model, True)
    rows = len(next(leaf for _, leaf in flatten(inputs)))
    try:
        with unchanged([*model.variables, *held]):
            history = model.fit(inputs, batch_size=rows, epochs=1, shuffle=False, verbose=0)
    finally:
        known = {id(one) for one in held}
        for optimizer in optimizers:
            for variable, value in zip(optimizer_variables(optimizer), side.fresh_values(optimizer)):
                if id(variable) not in known:
                    variable.assign(value)
    return {name: np.asarray(values[-1], np.float64) for name, values in history.history.items()}


def values_of(structure: Any) -> tuple[Value, ...]:
    """Return summaries of the arrays of a structure."""
    arrays = (to_array(leaf) for _, leaf in flatten(structure))
    return tuple(Value.of(array) for array in arrays if array is not None)


def output_keys(structure: Any) -> list[str] | None:
    """Return the keys of outputs that are a dict; None for others."""
    return sorted(map(str, structure)) if isinstance(structure, Mapping) else None
