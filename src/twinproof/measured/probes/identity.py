"""Are the styles of a twin one network?

Every style starts from the same weights, and is then compared with functional: the outputs before training, the loss
and the weights after each of a number of training steps on the same batches. The control is functional once more: what
differs there is not due to the style.
"""

from typing import TypedDict

import keras
import numpy as np

from twinproof.measured.probes import Outcome
from twinproof.measured.probes.instances import Instances, attempt, require_finite, shuffled
from twinproof.measured.twins import Twin
from twinproof.proof.comparison import Comparison, Trace, compare
from twinproof.proof.weights import digest, weights, weights_digest
from twinproof.study.examples import Dataset
from twinproof.study.settings import IdentitySettings

CONTROL = "control"


def run(twin: Twin, data: Dataset, seed: int, settings: IdentitySettings) -> Outcome:
    """Compare the styles step by step."""
    order = shuffled([*twin.builders, CONTROL], seed)
    instances = Instances(twin, data.train.images.shape[1], seed)
    traces: dict[str, Trace] = {}
    styles = {}
    for name in order:

        def measure(name: str = name) -> Found:
            traces[name] = _trace(instances.make("functional" if name == CONTROL else name), data, seed, settings)
            return _result(traces[name])

        styles[name] = attempt(measure)
    for name, trace in traces.items():
        if name != "functional" and "functional" in traces:

            def compared(name: str = name, trace: Trace = trace) -> Found:
                comparison = compare(trace, traces["functional"], settings.tolerance)
                return {**_result(trace), "comparison": comparison}

            styles[name] = attempt(compared)
    return Outcome(order, styles)


def _trace(model: keras.Model, data: Dataset, seed: int, settings: IdentitySettings) -> Trace:
    size, steps = settings.batch_size, settings.steps
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


class Step(TypedDict):
    """One training step: its loss, and the digest of the weights after it."""

    loss: float
    weights: str


class Found(TypedDict, total=False):
    """What was found of one style; `comparison` is that with functional."""

    variables: dict[str, list[int]]
    parameters: int
    outputs: str
    steps: list[Step]
    comparison: Comparison


def _result(trace: Trace) -> Found:
    return {
        "variables": {name: list(value.shape) for name, value in trace.weights.items()},
        "parameters": int(sum(value.size for value in trace.weights.values())),
        "outputs": digest([trace.outputs]),
        "steps": [{"loss": loss, "weights": after} for loss, after in zip(trace.losses, trace.digests[1:])],
    }
