"""Table rows in the form that the templates take."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

Rows = list[dict[str, Any]]


def rows_of(table: pd.DataFrame) -> Rows:
    """Return the rows of a table."""
    return [plain(row) for row in table.to_dict("records")]


def plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return a row with None in its empty cells."""
    return {key: None if pd.isna(value) else value for key, value in row.items()}
