"""Are the styles of a twin one network?

Every style starts from the same weights, and is then compared with functional: the outputs before training, the loss
and the weights after each of a number of training steps on the same batches. The control is functional once more: what
differs there is not due to the style.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from twinproof.data import Dataset
from twinproof.probes import Outcome
from twinproof.probes.instances import (
    Instances,
    Weights,
    attempt,
    digest,
    require_finite,
    shuffled,
    weights,
    weights_digest,
)
from twinproof.twins import Twin

CONTROL = "control"


class Trace(NamedTuple):
    """What one instance did: its outputs before training, its weights after, and each step's loss and digest."""

    outputs: NDArray[np.float32]
    weights: Weights
    losses: list[float]
    digests: list[str]


def run(
    twin: Twin, data: Dataset, seed: int, settings: dict[str, Any], progress: Callable[[float, str], None]
) -> Outcome:
    """Compare the styles step by step; `settings` has steps, batch_size and tolerance (absolute)."""
    order = shuffled([*twin.builders, CONTROL], seed)
    instances = Instances(twin, data.train.images.shape[1], seed)
    traces: dict[str, Trace] = {}
    styles = {}
    for done, name in enumerate(order):
        progress(done / len(order), name)

        def measure(name: str = name) -> dict[str, Any]:
            traces[name] = _trace(instances.make("functional" if name == CONTROL else name), data, seed, settings)
            return _result(traces[name])

        styles[name] = attempt(measure)
    for name, trace in traces.items():
        if name != "functional" and "functional" in traces:

            def compare(name: str = name, trace: Trace = trace) -> dict[str, Any]:
                comparison = _compare(trace, traces["functional"], settings["tolerance"])
                return {**styles[name]["result"], "comparison": comparison}

            styles[name] = attempt(compare)
    return Outcome(order, styles)


def _trace(model: keras.Model, data: Dataset, seed: int, settings: dict[str, Any]) -> Trace:
    size, steps = settings["batch_size"], settings["steps"]
    outputs = np.asarray(model.predict_on_batch(data.test.images[:size]))
    if not np.isfinite(outputs).all():
        raise ArithmeticError("the outputs before training are not all finite")
    picked = np.random.default_rng(seed).choice(len(data.train.labels), (steps, size))
    losses: list[float] = []
    digests = [weights_digest(model)]
    for rows in picked:
        labels = keras.utils.to_categorical(data.train.labels[rows], data.classes)
        # Keras returns the mean since the last reset; a step's own loss takes a reset before it.
        model.reset_metrics()
        loss, _ = model.train_on_batch(data.train.images[rows], labels)
        losses.append(require_finite(loss, f"the loss of step {len(losses) + 1}"))
        digests.append(weights_digest(model))
    final = weights(model)
    for name, value in final.items():
        if not np.isfinite(value).all():
            raise ArithmeticError(f"the weights {name} after step {steps} are not all finite")
    return Trace(outputs, final, losses, digests)


def _result(trace: Trace) -> dict[str, Any]:
    return {
        "variables": {name: list(value.shape) for name, value in trace.weights.items()},
        "parameters": int(sum(value.size for value in trace.weights.values())),
        "outputs": digest([trace.outputs]),
        "steps": [
            {"loss": loss, "weights": after} for loss, after in zip(trace.losses, trace.digests[1:], strict=True)
        ],
    }


def _compare(trace: Trace, reference: Trace, tolerance: float) -> dict[str, Any]:
    if trace.outputs.shape != reference.outputs.shape:
        raise ValueError(f"outputs of shape {trace.outputs.shape} against {reference.outputs.shape}")
    differences = {
        "outputs": _largest(trace.outputs, reference.outputs),
        "losses": _largest(np.array(trace.losses), np.array(reference.losses)),
        "weights": max(
            (_largest(trace.weights[name], reference.weights[name]) for name in reference.weights), default=0.0
        ),
    }
    steps = [step for step, pair in enumerate(zip(trace.digests, reference.digests, strict=True)) if pair[0] != pair[1]]
    equal = not steps and digest([trace.outputs]) == digest([reference.outputs]) and trace.losses == reference.losses
    within = "within tolerance" if max(differences.values()) <= tolerance else "different"
    return {"outcome": "bit-equal" if equal else within, **differences, "first_difference": steps[0] if steps else None}


def _largest(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.max(np.abs(one.astype(np.float64) - other.astype(np.float64)), initial=0.0))
