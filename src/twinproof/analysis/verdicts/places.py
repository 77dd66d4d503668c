"""In which environments something is so: what rules ask of tables, and how it is put into words."""

from collections.abc import Mapping

import pandas as pd


def in_all(true: pd.Series, rows: pd.DataFrame) -> dict[str, bool]:
    """Return for each environment whether something is true of all its rows."""
    return {str(environment): bool(found.all()) for environment, found in true.groupby(rows["environment"])}


def where(so: Mapping[str, bool]) -> str:
    """Return in words in which environments it is so, of those in which it was asked."""
    return f"{', '.join(name for name, true in so.items() if true) or 'none'} of {', '.join(so)}"
