"""In which environments something holds: questions of the rules to the tables, and the answers in words."""

from collections.abc import Mapping

import pandas as pd


def in_all(true: pd.Series, rows: pd.DataFrame) -> dict[str, bool]:
    """Return for each environment whether something is true of all its rows."""
    return {str(environment): bool(found.all()) for environment, found in true.groupby(rows["environment"])}


def where(so: Mapping[str, bool]) -> str:
    """Return in words in which environments it holds, of those in which it was checked."""
    return f"{', '.join(name for name, true in so.items() if true) or 'none'} of {', '.join(so)}"
