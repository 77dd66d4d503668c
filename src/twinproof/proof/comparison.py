"""How far two models that did the same are apart: outputs, losses, weights, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import numpy as np

from twinproof.base.words import Identity
from twinproof.proof.weights import digest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinproof.proof.weights import Weights


class Trace(NamedTuple):
    """What one instance did: its outputs before training, its weights after, and each step's loss and digest."""

    outputs: NDArray[np.float32]
    weights: Weights
    losses: list[float]
    digests: list[str]


class Comparison(TypedDict):
    """How a model compares with a reference: the largest absolute differences, and the first step that differs."""

    outcome: str
    outputs: float
    losses: float
    weights: float
    first_difference: int | None


def compare(trace: Trace, reference: Trace, tolerance: float) -> Comparison:
    """Return the outcome with the largest absolute differences, and the first step after which weights differ.

    Raises
    ------
    ValueError
        If the outputs have other shapes, or one trace has more steps than the other.
    """
    if trace.outputs.shape != reference.outputs.shape:
        raise ValueError(f"outputs of shape {trace.outputs.shape} against {reference.outputs.shape}")
    if len(trace.digests) != len(reference.digests):
        raise ValueError(f"{len(trace.digests)} digests of weights against {len(reference.digests)}")
    outputs = _largest(trace.outputs, reference.outputs)
    losses = _largest(np.array(trace.losses), np.array(reference.losses))
    weights = max((_largest(trace.weights[name], reference.weights[name]) for name in reference.weights), default=0.0)
    steps = [step for step, pair in enumerate(zip(trace.digests, reference.digests)) if pair[0] != pair[1]]
    equal = not steps and digest([trace.outputs]) == digest([reference.outputs]) and trace.losses == reference.losses
    return {
        "outcome": Identity.judge(equal, max(outputs, losses, weights) <= tolerance),
        "outputs": outputs,
        "losses": losses,
        "weights": weights,
        "first_difference": steps[0] if steps else None,
    }


def _largest(values: NDArray[Any], reference: NDArray[Any]) -> float:
    return float(np.max(np.abs(values.astype(np.float64) - reference.astype(np.float64)), initial=0.0))
