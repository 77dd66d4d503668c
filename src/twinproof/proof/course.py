"""The outputs of both models before training and at every step: the part of a proof that a study keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from twinproof.proof.comparing import Apart, Key
from twinproof.proof.observing import REPORTED, Phase
from twinproof.proof.result import Course, Stage, Step


def follow(course: Course, phase: Phase, apart: Mapping[Key, Apart], labels: Sequence[str]) -> Course:
    """Return a course with the results of a phase; `labels` are the variables, in the order of their digests."""
    if phase == Phase.INFERENCE:
        plain = [one for (_, where, _), one in apart.items() if not where]
        return Course(_digests(plain), max((one.difference for one in plain), default=0.0))
    if phase not in (Phase.STEPS, Phase.EAGER_STEPS):
        return course
    places = dict.fromkeys(where for stage, where, _ in apart if stage == Stage.STEPS)
    return replace(course, steps=tuple(_step(apart, where, labels) for where in places))


def _step(apart: Mapping[Key, Apart], where: str, labels: Sequence[str]) -> Step:
    weights = [apart[key] for label in labels if (key := (Stage.STEPS, where, label)) in apart]
    reported = (apart.get((Stage.STEPS, where, name)) for name in ("loss", f"{REPORTED} loss"))
    loss = next((one for one in reported if one), None)
    most = max((one.difference for one in weights), default=0.0)
    # A custom training step does not have to report a loss.
    return Step(loss.values if loss else (0.0, 0.0), _digests(weights), most)


def _digests(arrays: Iterable[Apart]) -> tuple[str, str]:
    """Return one digest of the arrays of each model."""
    pairs = [one.digests for one in arrays]
    first, second = (hashlib.sha256("".join(pair[side] for pair in pairs).encode()).hexdigest() for side in (0, 1))
    return first, second
