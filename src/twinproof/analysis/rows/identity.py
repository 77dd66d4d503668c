"""The rows of identity: how each style compares with functional, and its losses step by step."""

from collections.abc import Iterator
from typing import Any

from twinproof.analysis.rows.common import styles_of
from twinproof.study.record import Record


def identity_rows(record: Record) -> Iterator[dict[str, Any]]:
    """Yield one row for each style."""
    for shared, status, result in styles_of(record):
        comparison = result.get("comparison", {})
        # A count with gaps stays a whole number only as an object.
        step = comparison.get("first_difference")
        yield {
            **shared,
            **status,
            **comparison,
            "first_difference": None if step is None else str(step),
            "parameters": str(result["parameters"]) if result else None,
        }
