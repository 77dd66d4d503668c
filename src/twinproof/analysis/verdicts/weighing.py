"""How a claim's parts are weighed: one rule for all claims, which favours neither side.

A claim has one part or several. What was measured speaks for a part, against it, or for neither. The claim is supported
if all of it speaks for it, refuted if all speaks against it, and mixed otherwise.
"""

from collections.abc import Collection
from enum import Enum
from typing import NamedTuple

import pandas as pd

from twinproof.analysis.words import Verdict

Tables = dict[str, pd.DataFrame]

# A difference of shares counts from this on, in either direction: 5 of 100 operations or mistakes.
POINTS = 0.05


class Speaks(Enum):
    """What was measured of a part of a claim."""

    FOR = "for"
    NEITHER = "neither"
    AGAINST = "against"
    NOT_MEASURED = "not measured"


# From what speaks against a claim to what speaks for it.
SCALE = [Speaks.AGAINST, Speaks.NEITHER, Speaks.FOR]


class Part(NamedTuple):
    """A part of a claim: what was measured of it, and the figures."""

    speaks: Speaks
    figures: str


class Judgement(NamedTuple):
    """A verdict, and the figures that led to it."""

    verdict: Verdict
    figures: str


def weigh(*parts: Part) -> Judgement:
    """Return the verdict of what speaks for and against a claim, with the figures of its parts."""
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
    """Return for what a difference speaks that counts from `least` on, in either direction."""
    if abs(difference) < least:
        return Speaks.NEITHER
    return Speaks.FOR if difference > 0 else Speaks.AGAINST


def by_all(held: Collection[bool]) -> Speaks:
    """Return for what it speaks where something holds everywhere, nowhere, or in places."""
    if not held:
        return Speaks.NOT_MEASURED
    return Speaks.FOR if all(held) else Speaks.NEITHER if any(held) else Speaks.AGAINST
