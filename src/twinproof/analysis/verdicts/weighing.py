"""How a claim's parts are weighed: one rule for all claims, which favours neither side.

A claim has one part or several. The measurements support a part, contradict it, or do neither. The claim is supported
if they support every part, refuted if they contradict every part, and mixed otherwise.
"""

from collections.abc import Collection
from enum import Enum
from typing import NamedTuple

import pandas as pd

from twinproof.analysis.words import Verdict

Tables = dict[str, pd.DataFrame]

# The smallest difference of shares that counts, in either direction: 5 of 100 operations or mistakes.
POINTS = 0.05


class Speaks(Enum):
    """What the measurements say about a part of a claim."""

    FOR = "for"
    NEITHER = "neither"
    AGAINST = "against"
    NOT_MEASURED = "not measured"


# From contradicting a claim to supporting it.
SCALE = [Speaks.AGAINST, Speaks.NEITHER, Speaks.FOR]


class Part(NamedTuple):
    """A part of a claim: what the measurements say about it, and the figures."""

    speaks: Speaks
    figures: str


class Judgement(NamedTuple):
    """A verdict, and the figures that led to it."""

    verdict: Verdict
    figures: str


def weigh(*parts: Part) -> Judgement:
    """Return the verdict that follows from a claim's parts, with their figures."""
    found = {part.speaks for part in parts}
    verdict = Verdict.MIXED
    if Speaks.NOT_MEASURED in found:
        verdict = Verdict.INCONCLUSIVE
    elif found == {Speaks.FOR}:
        verdict = Verdict.SUPPORTED
    elif found == {Speaks.AGAINST}:
        verdict = Verdict.REFUTED
    return Judgement(verdict, "; ".join(part.figures for part in parts))


def by_size(difference: float, least: float) -> Speaks:
    """Return what a difference means; it counts from `least` on, in either direction."""
    if abs(difference) < least:
        return Speaks.NEITHER
    return Speaks.FOR if difference > 0 else Speaks.AGAINST


def by_all(held: Collection[bool]) -> Speaks:
    """Return what it means if something holds everywhere, nowhere, or in some places."""
    if not held:
        return Speaks.NOT_MEASURED
    return Speaks.FOR if all(held) else Speaks.NEITHER if any(held) else Speaks.AGAINST
