"""Which style takes less code, from the table code.

For a class, the smallest version that runs is counted: `naive`, if the twin has one. Additions for care do not count.
"""

from collections.abc import Sequence

import pandas as pd

from twinproof.analysis.verdicts.weighing import Speaks, by_size
from twinproof.base.styles import Style

COUNTS = ["lines", "branches", "names", "definitions"]
# A difference counts from this share of the larger count on: a reader notices one line in ten.
NOTABLE = 0.1


def code_sizes(code: pd.DataFrame, twin: str) -> tuple[list[int], list[int]] | None:
    """Return the counts of functional and of the class; None if one of them was not counted."""
    counted = {
        str(style): rows[COUNTS].iloc[0].tolist()
        for style, rows in code[code["twin"] == twin].groupby("style", sort=False)
    }
    functional, written = counted.get(Style.FUNCTIONAL), counted.get(Style.NAIVE) or counted.get(Style.SUBCLASSED)
    return (functional, written) if functional and written else None


def told(functional: Sequence[int], subclassed: Sequence[int]) -> str:
    """Return both counts in words."""
    pairs = ", ".join(
        f"{own} {name} against {other}" for own, other, name in zip(functional, subclassed, COUNTS, strict=True)
    )
    return f"functional {pairs} of the class"


def less_code(own: Sequence[int], other: Sequence[int]) -> Speaks:
    """Return whether code takes notably less: less in at least one count, and notably more in none.

    Both are counts in the same order. If one is notably less and another notably more, neither side is supported.
    """
    sizes = {
        by_size(theirs - ours, max(1.0, NOTABLE * max(ours, theirs))) for ours, theirs in zip(own, other, strict=True)
    } - {Speaks.NEITHER}
    return sizes.pop() if len(sizes) == 1 else Speaks.NEITHER
