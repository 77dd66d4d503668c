"""How far two models that did the same are apart: outputs, losses, weights, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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


def compare(trace: Trace, reference: Trace, tolerance: float) -> dict[str, Any]:
    """Return the outcome with the largest absolute differences, and the first step after which weights differ.

    Raises
    ------
    ValueError
        If the outputs have other shapes.
    """
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
    outcome = Identity.judge(equal, max(differences.values()) <= tolerance)
    return {"outcome": outcome, **differences, "first_difference": steps[0] if steps else None}


def _largest(one: NDArray[Any], other: NDArray[Any]) -> float:
    return float(np.max(np.abs(one.astype(np.float64) - other.astype(np.float64)), initial=0.0))
