"""Follows a program step by step, so that it is known where it fails."""

from collections.abc import Generator
from typing import Any, TypeVar

from twinproof.base.errors import described

Found = TypeVar("Found")


def follow(program: Generator[str, None, Found]) -> dict[str, Any]:
    """Run a program that yields the name of each step before it does it.

    Returns
    -------
    dict
        `step`, the last one that was begun; `value`, what the program returned, or None; `error` with `type` and
        `message`, or None.

    Raises
    ------
    MemoryError
        If the machine has no more: that is no finding.
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
