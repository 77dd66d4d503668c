"""Runs a program step by step, so that the failing step is known."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypedDict, TypeVar

from twinproof.base.errors import Described, described

Found = TypeVar("Found")


class Followed(TypedDict):
    """How a program ended: the last step that it started, its return value, and its error."""

    step: str
    value: Any
    error: Described | None


def follow(program: Generator[str, None, Found]) -> Followed:
    """Run a program that yields the name of each step before the step.

    Raises
    ------
    MemoryError
        If the machine has no more: that is not a finding.
    """
    step = ""
    try:
        while True:
            step = next(program)
    except StopIteration as end:
        return {"step": step, "value": end.value, "error": None}
    except MemoryError:
        raise
    except Exception as error:
        return {"step": step, "value": None, "error": described(error)}
