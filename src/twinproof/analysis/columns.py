"""The columns of every table; making and reading tables. docs/tables.md describes the columns."""

import math
from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import pandas as pd

from twinproof.analysis.completeness import CompletenessRow
from twinproof.analysis.rows import OF_PROBE
from twinproof.analysis.rows.code import CodeRow
from twinproof.analysis.rows.learning import AccuracyRow
from twinproof.analysis.rows.timing_quality import QualityRow
from twinproof.analysis.rows.trials import EnvironmentRow, TrialRow
from twinproof.analysis.verdicts.answer import AdviceRow
from twinproof.analysis.verdicts.claims import ClaimRow
from twinproof.analysis.verdicts.learning import TwinRow
from twinproof.analysis.verdicts.timing_table import TimingRow
from twinproof.base.errors import UserError

# The class of the rows of each table. The modules of the probes define those of the tables made record by record.
ROWS: dict[str, type[Any]] = {
    "trials": TrialRow,
    "completeness": CompletenessRow,
    "environments": EnvironmentRow,
    **{table: row for tables in OF_PROBE.values() for table, (row, _) in tables.items()},
    "accuracy": AccuracyRow,
    "timing": TimingRow,
    "timing_quality": QualityRow,
    "code": CodeRow,
    "claims": ClaimRow,
    "answer": AdviceRow,
    "twins": TwinRow,
}


def _kinds(row: type[Any]) -> dict[str, set[type[Any]]]:
    """Return the types that each column of such rows may have."""
    hints = get_type_hints(row)
    return {field.name: set(get_args(hints[field.name])) or {hints[field.name]} for field in fields(row)}


KINDS = {row: _kinds(row) for row in ROWS.values()}
TAKE = {row: attrgetter(*kinds) for row, kinds in KINDS.items()}
# The positions of counts with gaps. Such a count stays a whole number only as text.
WITH_GAPS = {
    row: [place for place, kind in enumerate(kinds.values()) if kind == {int, NoneType}] for row, kinds in KINDS.items()
}
COLUMNS = {table: list(KINDS[row]) for table, row in ROWS.items()}


def make_table(name: str, rows: Iterable[object]) -> pd.DataFrame:
    """Return the table `name` of such rows."""
    return pd.DataFrame(map(cells_of, rows), columns=COLUMNS[name])


def cells_of(row: object) -> tuple[Any, ...]:
    """Return the values of a row in the form of a table: a missing value is NaN, and a count with gaps is text."""
    values = TAKE[type(row)](row)
    cells = [math.nan if value is None else value for value in values]
    for place in WITH_GAPS[type(row)]:
        if values[place] is not None:
            cells[place] = str(values[place])
    return tuple(cells)


def read_table(folder: Path | str, name: str) -> pd.DataFrame:
    """Return the table `name` in `folder`; an empty cell is NaN, and no other text is.

    Raises
    ------
    UserError
        If the file is missing, is not CSV, or lacks a column.
    """
    path = Path(folder) / f"{name}.csv"
    remedy = "run `snakemake --cores all tables`"
    # Text that looks like a number may not be one: version 3.10 is not 3.1, a digest may have the form of 1e5.
    texts = {column: object for column, kinds in KINDS[ROWS[name]].items() if any(issubclass(it, str) for it in kinds)}
    try:
        table = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""])
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {remedy}") from None
    except ValueError as error:
        raise UserError(f"{path}: not CSV ({' '.join(str(error).split())}); {remedy}") from None
    if missing := [column for column in COLUMNS[name] if column not in table]:
        raise UserError(f"{path}: no column {', '.join(missing)}; {remedy}")
    return table
