"""The columns of every table, and reading one back; docs/tables.md says what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinproof.base.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

CELL = ["environment", "twin"]
COLUMNS = {
    "trials": [
        *CELL, "probe", "replicate", "seed", "started", "seconds", "load_before", "load_after", "stolen",
        "megahertz_before", "megahertz_after", "host", "processor", "cores", "memory", "threads", "pinned", "device",
        "image", "commit", "python", "keras", "tensorflow", "lock", "protocol",
        "record", "digest",
    ],
    "completeness": ["requirement", "holds", "findings"],
    "environments": ["environment", "python", "keras", "tensorflow", "lock", "device", "image", "trials"],
    "identity": [
        *CELL, "replicate", "style", "status", "outcome", "outputs", "losses", "weights", "first_difference",
        "parameters", "error",
    ],
    "identity_steps": [*CELL, "replicate", "style", "step", "loss", "weights"],
    "learning": [
        *CELL, "replicate", "seed", "style", "status", "test_accuracy", "test_loss", "seconds", "weights", "bit_equal",
        "error",
    ],
    "learning_epochs": [
        *CELL, "replicate", "style", "epoch", "loss", "accuracy", "validation_loss", "validation_accuracy", "seconds",
        "weights",
    ],
    "accuracy": [
        *CELL, "style", "seeds", "failed", "test_accuracy", "low", "high", "difference", "difference_low",
        "difference_high", "bit_equal",
    ],
    "timing_processes": [*CELL, "replicate", "style", "quantity", "rounds", "median", "log_ratio", "error"],
    "timing": [
        *CELL, "style", "quantity", "unit", "functional", "ratio", "low", "high", "family_low", "family_high",
        "processes", "outliers", "control", "control_low", "control_high", "slowed", "slowed_low", "slowed_high",
        "added", "margin", "target", "p", "verdict", "further", "reason", "answer",
    ],
    "timing_quality": [
        *CELL, "processes", "seconds", "clock_resolution", "clock_cost", "load_before", "load_before_most",
        "load_after", "load_after_most", "stolen_share", "stolen_share_most", "megahertz_lowest", "megahertz_highest",
        "pinned", "warming_rounds", "warming_rounds_most", "warmings", "unsettled",
    ],
    "serialization": [
        *CELL, "replicate", "style", "operation", "place", "outcome", "built", "bit_equal", "largest", "mean",
        "optimizer", "bytes", "save_seconds", "save_low", "save_high", "load_seconds", "load_low", "load_high",
        "error", "warnings",
    ],
    "exchange": [
        *CELL, "replicate", "style", "format", "writer", "outcome", "built", "bit_equal", "largest", "mean", "error",
        "warnings",
    ],
    "introspection": [*CELL, "replicate", "style", "check", "when", "outcome", "value", "error", "warnings"],
    "faults": [
        *CELL, "replicate", "style", "fault", "title", "stage", "names_culprit", "ended", "error",
        "warnings",
    ],
    "pitfalls": [
        *CELL, "replicate", "style", "pitfall", "title", "expected", "outcome", "step", "what", "error", "warnings",
        "references",
    ],
    "code": ["twin", "style", "lines", "branches", "names", "definitions"],
    "claims": ["claim", "wording", "example", "verdict", "figures", "evidence", "rule", "would_change"],
    "answer": ["topic", "sentence", "evidence"],
    "twins": [*CELL, "gate", "control", "seeds", "bit_equal_seeds", "verdict", "answer"],
}  # fmt: skip

# What looks like a number and is none: version 3.10 is not 3.1, a digest may have the form of 1e5, and a core is 1.
TEXTS = [
    "environment", "twin", "probe", "style", "status", "outcome", "error", "started", "host", "processor", "device",
    "image", "commit", "python", "keras", "tensorflow", "lock", "protocol", "record", "digest", "gate", "pinned",
    "reason", "answer", "style", "operation", "place", "format", "writer", "optimizer", "warnings", "value", "title",
    "what", "references", "ended", "example", "figures", "evidence", "requirement", "findings",
]  # fmt: skip


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table, each by its columns."""
    return [{str(column): value for column, value in row.items()} for row in table.to_dict("records")]


def read_table(folder: Path | str, name: str) -> pd.DataFrame:
    """Return the table `name` in `folder`; an empty cell is NaN, and no other text is.

    Raises
    ------
    UserError
        If the file is missing, is not CSV, or lacks a column.
    """
    import pandas as pd

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
