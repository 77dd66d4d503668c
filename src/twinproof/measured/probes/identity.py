"""Are the styles of a twin one network?

Each style is compared with functional by the engine of `twinproof prove`: from the same weights, in inference and in
training, on the same batches. The control is functional once more: a difference there is not due to the style.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, TypedDict

import keras
import numpy as np

from twinproof.base.styles import CONTROL
from twinproof.base.words import Identity
from twinproof.measured.backend import BY_XLA
from twinproof.measured.probes import Outcome
from twinproof.measured.probes.instances import attempt, shuffled
from twinproof.measured.task import Given, Task
from twinproof.measured.twins import Twin
from twinproof.proof.errors import ModelError
from twinproof.proof.keras_api import build_optimizer
from twinproof.proof.preparing import Wishes
from twinproof.proof.prove import Prover
from twinproof.proof.result import Proof, Verdict
from twinproof.proof.sources import Source
from twinproof.proof.weights import digest
from twinproof.study.examples import Dataset
from twinproof.study.settings import IdentitySettings

REFERENCE = "functional"


class CannotTellError(Exception):
    """The engine cannot decide whether a style is the same network as functional."""


class Step(TypedDict):
    """One training step: its loss, and the digest of the weights after it."""

    loss: float
    weights: str


class Comparison(TypedDict):
    """How a style compares with functional: the largest absolute differences, and the first step that differs.

    A value that was not reached, or is not a number, is None.
    """

    outcome: str
    outputs: float | None
    losses: float | None
    weights: float | None
    first_difference: int | None
    proof: dict[str, Any]


class Found(TypedDict, total=False):
    """The findings about one style; `comparison` is that with functional.

    `seed_alone` is the digest of its weights after the same steps if nothing is made comparable: a user sets the seed,
    makes the model and trains it.
    """

    variables: dict[str, list[int]]
    parameters: int
    outputs: str
    steps: list[Step]
    seed_alone: str
    comparison: Comparison


def run(twin: Twin, data: Dataset, seed: int, settings: IdentitySettings) -> Outcome:
    """Prove each style against functional, and functional against itself."""
    order = shuffled([*twin.builders, CONTROL], seed)
    batches = _batches(twin, data, seed, settings)
    wishes = Wishes([(batch.inputs, batch.targets) for batch in batches], steps=settings.steps, seed=seed % 2**31)
    builders = {**twin.builders, CONTROL: twin.builders[REFERENCE]}
    sound = _can_be_built(builders[REFERENCE])

    def source(style: str) -> Source:
        return Source(style, _compiled(twin.task, builders[style]))

    def measure(style: str, proof_of: Callable[[str], Proof]) -> Found:
        # The control is compared with functional.
        proof = proof_of(CONTROL if style == REFERENCE else style)
        found = _found(proof, side=0 if style == REFERENCE else 1, compares=sound and style != REFERENCE)
        alone = _from_seed_alone(_compiled(twin.task, builders[style], jit_compile=BY_XLA), wishes)
        return {**found, "seed_alone": alone}

    with _proofs(source, wishes, sound) as proof_of:
        return Outcome(order, {style: attempt(functools.partial(measure, style, proof_of)) for style in order})


@contextmanager
def _proofs(source: Callable[[str], Source], wishes: Wishes, sound: bool) -> Iterator[Callable[[str], Proof]]:
    """Yield a function that proves a style against functional, or against itself if functional cannot be built."""
    with ExitStack() as stack:

        @functools.cache
        def prover(against: str) -> Prover:
            return stack.enter_context(closing(Prover(source(against), wishes)))

        @functools.cache
        def proof_of(style: str) -> Proof:
            try:
                proof = prover(REFERENCE if sound else style).prove(source(style))
            except ModelError as error:
                raise error.error from None
            if proof.verdict == Verdict.CANNOT_TELL:
                raise CannotTellError(proof.sentence)
            return proof

        yield proof_of


def _batches(twin: Twin, data: Dataset, seed: int, settings: IdentitySettings) -> list[Given]:
    picked = np.random.default_rng(seed).choice(len(data.train.labels), (settings.steps, settings.batch_size))
    return [twin.task.given(data.train.rows(numbers), data.classes) for numbers in picked]


def _from_seed_alone(build: Callable[[], keras.Model], wishes: Wishes) -> str:
    """Train a model with only the seed set; return a digest of its weights that ignores their names and order."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(wishes.seed)
    model = build()
    if model.built:  # Otherwise the first step creates the optimizer's state, and its code is compiled twice.
        build_optimizer(model.optimizer, model.trainable_variables)
    for inputs, targets in wishes.data:
        model.train_on_batch(inputs, targets)
    return hashlib.sha256("".join(sorted(digest([one.numpy()]) for one in model.weights)).encode()).hexdigest()


def _compiled(task: Task, build: Callable[[], keras.Model], **options: Any) -> Callable[[], keras.Model]:
    """Return a function that makes a model and compiles it; metrics do not affect training."""

    def make() -> keras.Model:
        model = build()
        task.compile(model, metrics=None, **options)
        return model

    return make


def _can_be_built(build: Callable[[], keras.Model]) -> bool:
    try:
        build()
    except Exception:
        return False
    return True


def _found(proof: Proof, side: int, compares: bool) -> Found:
    course, variables = proof.course, proof.variables[side]
    found: Found = {
        "variables": {name: list(shape) for name, shape in variables.items()},
        "parameters": sum(math.prod(shape) for shape in variables.values()),
        "outputs": course.outputs[side],
        "steps": [{"loss": step.losses[side], "weights": step.weights[side]} for step in course.steps],
    }
    if compares:
        found["comparison"] = _comparison(proof)
    return found


def _comparison(proof: Proof) -> Comparison:
    course = proof.course
    apart = [number for number, step in enumerate(course.steps, 1) if step.weights[0] != step.weights[1]]
    equal = course.outputs[0] == course.outputs[1] and not apart
    outcome = Identity.judge(equal and _losses(proof) == 0, True) if proof.one_network else Identity.DIFFERENT
    return {
        "outcome": outcome,
        "outputs": _number(course.outputs_apart),
        "losses": _number(_losses(proof)) if course.steps else None,
        "weights": _number(max(step.weights_apart for step in course.steps)) if course.steps else None,
        "first_difference": apart[0] if apart else None,
        "proof": proof.as_record(),
    }


def _losses(proof: Proof) -> float:
    return max((abs(step.losses[1] - step.losses[0]) for step in proof.course.steps), default=0.0)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
