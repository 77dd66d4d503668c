"""The rows of the pitfalls: how each ended."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from twinproof.analysis.rows.common import RecordTables, StyleRow, Tried, ending, not_installed, said, styles_of
from twinproof.analysis.words import PitfallOutcome
from twinproof.study.record import Record


@dataclass(frozen=True, kw_only=True)
class PitfallRow(StyleRow):
    """How a pitfall ended, at which step, and what was seen."""

    pitfall: str
    title: str
    expected: str
    outcome: PitfallOutcome
    step: str | None
    what: str | None
    error: str | None
    warnings: str | None
    references: str


class Control(TypedDict):
    """The entry of the same program without the trap; `reason` says why it cannot work here, if it cannot."""

    as_expected: bool | None
    reason: str | None
    warnings: list[str]


class TriedPitfall(Tried):
    """The entry of a pitfall in a record."""

    pitfall: str
    title: str
    expected: str
    references: list[str]
    step: str | None
    as_expected: bool | None
    what: str | None
    lacking: NotRequired[list[str]]
    control: NotRequired[Control | None]


def pitfall_rows(record: Record) -> Iterator[PitfallRow]:
    """Yield one row for each pitfall of a twin."""
    for key, _, result in styles_of(record):
        pitfalls: list[TriedPitfall] = result.get("pitfalls", [])
        for tried in pitfalls:
            ended = said(tried)
            if lacking := tried.get("lacking"):
                ended["error"] = not_installed(lacking)
            yield PitfallRow(
                **key,
                **ended,
                pitfall=tried["pitfall"],
                title=tried["title"],
                expected=tried["expected"],
                outcome=pitfall_outcome(tried),
                step=tried["step"],
                what=tried["what"],
                references=json.dumps(tried["references"]),
            )


def pitfall_outcome(tried: TriedPitfall) -> PitfallOutcome:
    """Return how a pitfall ended."""
    if tried.get("lacking"):
        return PitfallOutcome.NOT_AVAILABLE
    control = tried.get("control")
    # The program may be wrong for another reason than the trap.
    if control and not control["as_expected"] and not control["reason"]:
        return PitfallOutcome.CONTROL_FAILED
    if tried["error"]:
        return PitfallOutcome(ending(tried["error"]) or PitfallOutcome.ERROR)
    if tried["as_expected"]:
        return PitfallOutcome.AS_EXPECTED
    # A warning that also appears without the trap is not about the trap.
    warnings = set(tried["warnings"]) - set(control["warnings"] if control else ())
    return PitfallOutcome.LOUD if warnings else PitfallOutcome.SILENT


TABLES: RecordTables = {"pitfalls": (PitfallRow, pitfall_rows)}
