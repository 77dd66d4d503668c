"""The rows of introspection: checks of each style, and where planted mistakes were caught."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from twinproof.analysis.rows.common import RecordTables, StyleRow, Tried, ending, said, styles_of
from twinproof.analysis.words import Check, Ending
from twinproof.base.styles import Style
from twinproof.base.words import Stage
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class CheckRow(StyleRow):
    """What a check found in a style, `when` it was constructed or built."""

    check: str
    when: str
    outcome: Check
    value: str | None
    error: str | None
    warnings: str | None


@dataclass(frozen=True, kw_only=True)
class FaultRow(StyleRow):
    """Where a planted mistake was caught in a style, and whether the culprit was named."""

    fault: str
    title: str
    stage: Stage
    names_culprit: bool | None
    ended: Ending | None
    error: str | None
    warnings: str | None


class TriedCheck(Tried):
    """What a record holds of a check."""

    check: str
    when: str
    value: Any
    available: bool


class TriedFault(Tried):
    """What a record holds of a planted mistake."""

    fault: str
    title: str
    stage: str
    names_culprit: bool | None


def check_rows(record: Record) -> Iterator[CheckRow]:
    """Yield one row for each check of each style.

    It works if it finds what it finds in the functional model once that is built.
    """
    functional: list[TriedCheck] = record["styles"][Style.FUNCTIONAL].get("result", {}).get("checks", [])
    reference = {
        tried["check"]: tried["value"] for tried in functional if tried["when"] == "built" and not tried["error"]
    }
    for key, _, result in styles_of(record):
        checks: list[TriedCheck] = result.get("checks", [])
        for tried in checks:
            yield CheckRow(
                **key,
                **said(tried),
                check=tried["check"],
                when=tried["when"],
                outcome=_outcome(tried, reference),
                value=None if tried["value"] is None else _text(tried["value"]),
            )


def fault_rows(record: Record) -> Iterator[FaultRow]:
    """Yield one row for each mistake planted in each style."""
    for key, _, result in styles_of(record):
        faults: list[TriedFault] = result.get("faults", [])
        for tried in faults:
            yield FaultRow(
                **key,
                **said(tried),
                fault=tried["fault"],
                title=tried["title"],
                stage=Stage(tried["stage"]),
                names_culprit=tried["names_culprit"],
                ended=ending(tried),
            )


def _outcome(tried: TriedCheck, reference: Mapping[str, Any]) -> Check:
    if not tried["available"]:
        return Check.NOT_AVAILABLE
    if tried["error"]:
        return Check(ending(tried) or Check.FAILS)
    return Check.WORKS if tried["value"] == reference.get(tried["check"], tried["value"]) else Check.DIFFERS


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return " ".join(_text(inner) for inner in value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)


TABLES: RecordTables = {"introspection": (CheckRow, check_rows), "faults": (FaultRow, fault_rows)}
