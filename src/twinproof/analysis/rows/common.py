"""What the rows of all probes have in common: the columns that name a style of a trial, errors and warnings."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from twinproof.analysis.words import Ending
from twinproof.base.styles import CONTROL, EXTENDED, SLOWED, STYLES
from twinproof.study.record import Record

CELL = ["environment", "twin"]
# In the order in which tables show them.
ORDER = [*STYLES, CONTROL, SLOWED, EXTENDED]
# Types of error of a process that did not end normally, and the outcome of each.
ENDINGS = {"Crash": Ending.CRASHED, "Timeout": Ending.TIMED_OUT}

# The tables of a probe: for each, the class of its rows, and the function that makes the rows of a record.
RecordTables = Mapping[str, tuple[type[Any], Callable[[Record], Iterable[Any]]]]


@dataclass(frozen=True, kw_only=True)
class CellRow:
    """A row that concerns a twin in an environment."""

    environment: str
    twin: str


@dataclass(frozen=True, kw_only=True)
class StyleRow(CellRow):
    """A row that concerns a style in one trial."""

    replicate: int
    style: str


class StyleKey(TypedDict):
    """The columns that name a style of a trial."""

    environment: str
    twin: str
    replicate: int
    style: str


class Ended(TypedDict):
    """The columns that say whether a style has a result."""

    status: str
    error: str | None


class Said(TypedDict):
    """The columns for messages: type and text of the error, and all warnings."""

    error: str | None
    warnings: str | None


class Error(TypedDict):
    """An error, as a record holds it."""

    type: str
    message: str


class Tried(TypedDict):
    """The common part of every entry of a record: the error with which it ended, and the warnings."""

    error: Error | None
    warnings: list[str]


def key_of(record: Record, style: str) -> StyleKey:
    """Return the columns that name a style of a trial."""
    return {
        "environment": record["environment"],
        "twin": record["twin"],
        "replicate": record["replicate"],
        "style": style,
    }


def styles_of(record: Record) -> Iterator[tuple[StyleKey, Ended, Mapping[str, Any]]]:
    """Yield for each style the columns that name it, its status and error, and its result, which may be empty."""
    for style in sorted(record["styles"], key=ORDER.index):
        found = record["styles"][style]
        ended: Ended = {"status": found["status"], "error": told(found["error"]) if "error" in found else None}
        yield key_of(record, style), ended, found.get("result", {})


def told(error: Error) -> str:
    """Return an error as one text."""
    return f"{error['type']}: {error['message']}"


def not_installed(packages: Iterable[str]) -> str:
    """Return why something is not available, in the column of errors."""
    return f"not installed: {', '.join(packages)}"


def ending(error: Error | None) -> Ending | None:
    """Return how the process of an operation with this error ended, if it did not end normally after the operation."""
    return ENDINGS.get(error["type"]) if error else None


def said(tried: Tried) -> Said:
    """Return the columns error and warnings."""
    return {
        "error": told(tried["error"]) if tried["error"] else None,
        "warnings": " | ".join(tried["warnings"]) or None,
    }
