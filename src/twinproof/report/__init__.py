"""From tables to what a person reads: the page, its charts, the notebooks. Never imports Keras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from twinproof.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

# The probes that have a notebook of their own name, and what that shows.
WITH_NOTEBOOK = {
    "learning": "learning and identity, seed by seed",
    "timing": "timing, process by process",
    "serialization": "serialization, operation by operation",
    "pitfalls": "pitfalls, one by one",
}

# What looks like a number and is none: version 3.10 is not 3.1, a digest may have the form of 1e5, and a core is 1.
TEXTS = [
    "environment", "twin", "probe", "style", "status", "outcome", "error", "started", "host", "processor", "device",
    "image", "commit", "python", "keras", "tensorflow", "lock", "protocol", "record", "digest", "gate", "pinned",
    "reason", "answer", "way", "operation", "place", "format", "writer", "optimizer", "warnings", "value", "title",
    "what", "references", "example", "figures", "evidence", "requirement", "findings",
]  # fmt: skip


def read_table(folder: Path | str, name: str) -> pd.DataFrame:
    """Return the table `name` in `folder`; an empty cell is NaN, and no other text is.

    Raises
    ------
    UserError
        If the file is missing, is not CSV, or lacks a column.
    """
    import pandas as pd

    from twinproof.analysis.columns import COLUMNS

    path = Path(folder) / f"{name}.csv"
    remedy = "run `snakemake --cores all tables`"
    # In the table identity it is a difference, elsewhere a digest.
    texts = TEXTS if name == "identity" else [*TEXTS, "weights"]
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(texts, object), keep_default_na=False, na_values=[""])
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {remedy}") from None
    except ValueError as error:
        raise UserError(f"{path}: not CSV ({' '.join(str(error).split())}); {remedy}") from None
    if missing := [column for column in COLUMNS[name] if column not in table]:
        raise UserError(f"{path}: no column {', '.join(missing)}; {remedy}")
    return table
