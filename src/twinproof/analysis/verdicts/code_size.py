"""Which style takes less code, from the table code."""

from collections.abc import Sequence

import pandas as pd

from twinproof.analysis.verdicts.weighing import Speaks, by_size
from twinproof.base.styles import Style

COUNTS = ["lines", "branches", "names", "definitions"]
# A difference counts from this share of the larger on: one line in ten is seen by a reader.
NOTABLE = 0.1


def code_sizes(code: pd.DataFrame, twin: str) -> tuple[list[int], list[int]] | None:
    """Return the counts of functional and of subclassed; None if one of them was not counted."""
    own = code[code["twin"] == twin]
    found = [own.loc[own["style"] == style, COUNTS] for style in (Style.FUNCTIONAL, Style.SUBCLASSED)]
    if any(rows.empty for rows in found):
        return None
    functional, subclassed = (rows.iloc[0].tolist() for rows in found)
    return functional, subclassed


def told(functional: Sequence[int], subclassed: Sequence[int]) -> str:
    """Return both counts in words."""
    pairs = ", ".join(
        f"{own} {name} against {other}" for own, other, name in zip(functional, subclassed, COUNTS, strict=True)
    )
    return f"functional {pairs} subclassed"


def less_code(own: Sequence[int], other: Sequence[int]) -> Speaks:
    """Return whether code takes notably less: in one count at least, and notably more in none.

    Both are counts in the same order. Where one is notably less and another notably more, it speaks for neither.
    """
    sizes = {
        by_size(theirs - ours, max(1.0, NOTABLE * max(ours, theirs))) for ours, theirs in zip(own, other, strict=True)
    } - {Speaks.NEITHER}
    return sizes.pop() if len(sizes) == 1 else Speaks.NEITHER
