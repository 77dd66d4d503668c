"""The rows of introspection: checks of each style, and where planted mistakes were caught."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypedDict

from twinproof.analysis.rows.common import Error, RecordTables, StyleRow, Tried, ending, said, styles_of, told
from twinproof.analysis.words import Catch, Check, Ending
from twinproof.base.words import Stage
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class CheckRow(StyleRow):
    """The value that a check found in a style, `when` it was constructed or built, and the correct value."""

    check: str
    mechanism: str
    when: str
    outcome: Check
    value: str | None
    expected: str | None
    error: str | None
    warnings: str | None


@dataclass(frozen=True, kw_only=True)
class FaultRow(StyleRow):
    """How a planted mistake was reported in a style, at which stage, and whether the culprit was named."""

    fault: str
    title: str
    mechanism: str
    about_style: bool
    references: str
    caught: Catch
    stage: Stage
    warned: Stage | None
    names_culprit: bool | None
    ended: Ending | None
    error: str | None
    warnings: str | None


class TriedCheck(Tried):
    """The entry of a check in a record; `expected` is null if the layers of the network are not known."""

    check: str
    mechanism: str
    when: str
    value: Any
    expected: Any
    available: bool


class Warned(TypedDict):
    """A warning, and the stage at which it was given."""

    stage: str
    message: str


class TriedProgram(TypedDict):
    """The entry of a program that uses a model: `stage` is the stage of its error."""

    stage: str
    error: Error | None
    warnings: list[Warned]


class TriedFault(TriedProgram):
    """The entry of a planted mistake in a record."""

    fault: str
    title: str
    mechanism: str
    about_style: bool
    references: list[str]
    names_culprit: bool | None


def check_rows(record: Record) -> Iterator[CheckRow]:
    """Yield one row for each check of each style."""
    for key, _, result in styles_of(record):
        checks: list[TriedCheck] = result.get("checks", [])
        for tried in checks:
            yield CheckRow(
                **key,
                **said(tried),
                check=tried["check"],
                mechanism=tried["mechanism"],
                when=tried["when"],
                outcome=_outcome(tried),
                value=_text(tried["value"]),
                expected=_text(tried["expected"]),
            )


def fault_rows(record: Record) -> Iterator[FaultRow]:
    """Yield one row for each mistake planted in each style.

    A warning counts only if the program without the mistake does not give it.
    """
    for key, _, result in styles_of(record):
        faults: list[TriedFault] = result.get("faults", [])
        usual = {warning["message"] for warning in result["control"]["warnings"]} if faults else set()
        for tried in faults:
            error, own = tried["error"], _own(tried, usual)
            caught = Catch.ERROR if error else Catch.WARNING if own else Catch.SILENCE
            warned = Stage(own[0]["stage"]) if own else None
            yield FaultRow(
                **key,
                fault=tried["fault"],
                title=tried["title"],
                mechanism=tried["mechanism"],
                about_style=tried["about_style"],
                references=json.dumps(tried["references"]),
                caught=caught,
                stage=Stage(tried["stage"]) if error else warned or Stage.NEVER,
                warned=warned,
                names_culprit=None if caught == Catch.SILENCE else tried["names_culprit"],
                ended=ending(error),
                error=told(error) if error else None,
                warnings=" | ".join(dict.fromkeys(warning["message"] for warning in own)) or None,
            )


def _own(tried: TriedProgram, usual: Collection[str]) -> list[Warned]:
    return [warning for warning in tried["warnings"] if warning["message"] not in usual]


def _outcome(tried: TriedCheck) -> Check:
    if not tried["available"]:
        return Check.NOT_AVAILABLE
    if tried["error"]:
        return Check(ending(tried["error"]) or Check.FAILS)
    # If the layers of the network are not known, any value is accepted.
    return Check.WORKS if tried["expected"] in (None, tried["value"]) else Check.DIFFERS


def _text(value: Any) -> str | None:
    return None if value is None else _part(value)


def _part(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_part(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " ".join(_part(inner) for inner in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


TABLES: RecordTables = {"introspection": (CheckRow, check_rows), "faults": (FaultRow, fault_rows)}
