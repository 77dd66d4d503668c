"""Compares a study that was run again with a version of it, claim by claim: `twinproof reproduce`.

What has to agree depends on the machine. The same bits are expected with the same lock, processor and seed. Outcomes
must agree everywhere, learning results within their interval over seeds, and times by their verdicts.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from twinproof.analysis.completeness import ALL_THERE, PRESENT, examine
from twinproof.analysis.statistics.means import CONFIDENCE
from twinproof.analysis.verdicts.claims import CLAIMS
from twinproof.analysis.words import Agreement, Level
from twinproof.base.errors import UserError
from twinproof.base.numbers import counted
from twinproof.base.words import Word
from twinproof.versions.agreement import DECIDED, IDENTITY, judge_claim, judge_outcome, judge_scores, judge_timing
from twinproof.versions.causes import Causes, untried
from twinproof.versions.compare import EXACT, RATIO, rows_by_key, shown_ratio
from twinproof.versions.find import Study
from twinproof.versions.machines import BITS, text
from twinproof.versions.scores import change, find_scores

# In a reproduced study, one in this number of outcomes may differ, if the cause is known.
FEW = 0.01
# These are compared elsewhere, or only concern the new study.
NO_OUTCOMES = {"completeness", "claims", "identity_steps"}
OUTCOMES = {
    table: (keys, [column for column in columns if column not in (*BITS.get(table, ()), "seed")])
    for table, (keys, columns) in EXACT.items()
    if table not in NO_OUTCOMES
}
EVIDENCE = {claim.name: claim.evidence for claim in CLAIMS}


class Part(Word):
    """The parts that are compared with a version."""

    CLAIMS = "claims"
    OUTCOMES = "outcomes"
    LEARNED = "accuracies"
    TIMING = "timing verdicts"
    BITS = "digests"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A figure of the version, the same one here, how they agree, and the likely cause if they do not, if one is known.

    `table`, `where` and `what` are its place: the table, its row and its column.
    """

    part: Part
    table: str
    where: str
    what: str
    version: str | None
    here: str | None
    agreement: Agreement
    cause: str = ""


@dataclass(frozen=True, kw_only=True)
class Reproduction:
    """A study compared with a version.

    `untried` names what was measured only in the version, `parameters` those that differ, each with its two values, and
    `unsound` the reasons why the new results do not count as evidence.
    """

    version: Study
    here: Study
    findings: list[Finding]
    untried: list[str]
    parameters: list[str]
    unsound: list[str]

    def count(self, part: Part) -> Counter[Agreement]:
        """Count how the figures of a part agree."""
        return Counter(finding.agreement for finding in self.findings if finding.part == part)

    def compared(self, part: Part) -> int:
        """Count the figures of a part that both have and that can be compared."""
        left_out = (Agreement.NOT_TRIED, Agreement.NOT_COMPARABLE)
        return sum(count for agreement, count in self.count(part).items() if agreement not in left_out)

    def _of(self, part: Part) -> str:
        """Say how many figures of a part were compared, and how many the version has if these are more."""
        compared, all_ = self.compared(part), self.count(part).total()
        return f"{compared:,}" if compared == all_ else f"{compared:,} (the version has {all_:,})"

    def unlike(self) -> list[Finding]:
        """Return the findings that do not agree, with contradictions first."""
        order = [Agreement.CONTRADICTS, Agreement.DIFFERS, Agreement.UNDECIDED]
        unlike = (finding for finding in self.findings if finding.agreement in order)
        return sorted(unlike, key=lambda finding: ([*Part].index(finding.part), order.index(finding.agreement)))

    @property
    def level(self) -> Level:
        """The conclusion.

        Not reproduced if a claim, an accuracy or the identity of the styles is contradicted, or if the new results do
        not count as evidence. Reproduced if every claim has the verdict of the version, nothing was left out or
        contradicts it, and only a few outcomes (with a known cause) and verdicts on times differ.
        """
        unlike = self.unlike()
        contradicting = [finding for finding in unlike if finding.agreement == Agreement.CONTRADICTS]
        if self.unsound or any(_is_decisive(finding) for finding in contradicting):
            return Level.NOT
        short = (
            contradicting
            or self.untried
            or any(finding.agreement in (Agreement.NOT_TRIED, Agreement.NOT_COMPARABLE) for finding in self._findings())
            or any(finding.part in (Part.CLAIMS, Part.LEARNED) for finding in unlike)
            or any(finding.part in (Part.OUTCOMES, Part.BITS) and not finding.cause for finding in unlike)
            or sum(finding.part == Part.OUTCOMES for finding in unlike) > FEW * self.compared(Part.OUTCOMES)
        )
        return Level.IN_PART if short else Level.REPRODUCED

    def _findings(self) -> Iterator[Finding]:
        """Yield all findings except those on digests, which only some machines can reproduce."""
        yield from (finding for finding in self.findings if finding.part != Part.BITS)

    @property
    def line(self) -> str:
        """Return the conclusion in one line."""
        claims, outcomes, learned, timing = (self.count(part) for part in (*Part,)[:4])
        timings = self.compared(Part.TIMING)
        said = [
            f"{claims[Agreement.AGREES]} of {claims.total()} claims",
            f"{outcomes[Agreement.AGREES]:,} of {self._of(Part.OUTCOMES)} outcomes equal",
            f"{learned[Agreement.AGREES]} of {self._of(Part.LEARNED)} accuracies agree",
            f"{timing[Agreement.AGREES]} of {timings} timing verdicts agree, {timing[Agreement.CONTRADICTS]} contradict"
            if timings
            else "no timing verdict to compare",
        ]
        return f"{str(self.level).upper()}: {'; '.join(said)}"


def reproduce(version: Study, here: Study, unsound: Sequence[str] = ()) -> Reproduction:
    """Compare the study `here` with a version; `unsound` says why its results do not count as evidence, if so.

    Raises
    ------
    UserError
        If they have nothing in common, or only the version's own records.
    """
    causes = Causes(version, here)
    if not causes.shared:
        raise UserError(
            f"{here.name}: nothing that {version.name} measured was measured here: they have no trial in common; "
            f"{version.name} has {', '.join(version.version['environments'])}"
        )
    if len(causes.own) == len(causes.shared):
        raise UserError(
            f"{here.name}: its records are those of {version.name} itself, so nothing was measured again; "
            "`--run --results FOLDER` measures in another folder"
        )
    findings = [
        *_claims(version, here, causes),
        *_outcomes(version, here, causes),
        *_learned(version, here, causes),
        *_timings(version, here, causes),
        *_bits(version, here, causes),
    ]
    missing = untried(version.tables["trials"], here.tables["trials"])
    if causes.own:
        missing.append(f"{counted(len(causes.own), 'trial')} whose record is the version's own")
    return Reproduction(
        version=version, here=here, findings=findings, untried=missing, parameters=causes.parameters,
        unsound=list(unsound),
    )  # fmt: skip


def find_unsound(results: Path, here: Study) -> list[str]:
    """Return why the results in a folder do not count as evidence: the failed requirements of `twinproof check`.

    A missing trial, or one that was measured by earlier code, does not make the other records less true.
    """
    failed = [one for one in examine(results) if not one.holds and one.requirement not in (ALL_THERE, PRESENT)]
    unsound = [f"fails: {one.requirement} ({_first(one.findings)}; see `twinproof check`)" for one in failed]
    if not here.whole:
        unsound.append(f"{results}/tables were altered since the report was made: version.json has another digest")
    return unsound


def _first(findings: list[str]) -> str:
    more = len(findings) - 1
    return findings[0] + (f"; and {more} more" if more else "")


def _is_decisive(finding: Finding) -> bool:
    return finding.part in (Part.CLAIMS, Part.LEARNED) or (finding.table, finding.what) in IDENTITY


def _claims(version: Study, here: Study, causes: Causes) -> Iterator[Finding]:
    before, after = (rows_by_key(study.tables["claims"], ["claim"]) for study in (version, here))
    for (claim,), was in before.items():
        now = after.get((claim,))
        verdict = None if now is None else str(now["verdict"])
        agreement = Agreement.NOT_TRIED if verdict is None else judge_claim(str(was["verdict"]), verdict)
        cause = ""
        if now is not None and agreement != Agreement.AGREES:
            lacking = causes.lacking(EVIDENCE.get(claim, ()))
            rule = "judged by another rule" if was["rule"] != now["rule"] else ""
            cause = "; ".join(filter(None, [lacking and f"not measured here: {lacking}", rule, causes.of_all()]))
            if lacking:
                # A claim is judged on all of its evidence; the evidence that both have is compared as outcomes.
                agreement = Agreement.NOT_TRIED
        yield Finding(
            part=Part.CLAIMS, table="claims", where=claim, what="verdict", version=str(was["verdict"]), here=verdict,
            agreement=agreement, cause=cause,
        )  # fmt: skip


class _Cell(NamedTuple):
    """A figure of a table in the version, and the same one here; `row` is None if nothing of the row was measured here.

    `was` is the row of the version. Both figures are text, None where the row has none.
    """

    table: str
    where: str
    what: str
    was: dict[Any, Any]
    row: dict[Any, Any] | None
    one: str | None
    other: str | None

    def found(self, part: Part, agreement: Agreement, cause: str) -> Finding:
        """Return the finding about it."""
        return Finding(
            part=part, table=self.table, where=self.where, what=self.what, version=self.one, here=self.other,
            agreement=agreement, cause=cause,
        )  # fmt: skip


def _cells(version: Study, here: Study, table: str, keys: list[str], columns: Sequence[str]) -> Iterator[_Cell]:
    """Yield each figure of the version in these columns; what both leave empty is none."""
    before, after = (rows_by_key(study.tables[table], keys) for study in (version, here))
    for key, was in before.items():
        row = after.get(key)
        for column in columns:
            one, other = text(was[column]), None if row is None else text(row[column])
            if one is not None or other is not None:
                yield _Cell(table, " ".join(key), column, was, row, one, other)


def _outcomes(version: Study, here: Study, causes: Causes) -> Iterator[Finding]:
    for table, (keys, columns) in OUTCOMES.items():
        for cell in _cells(version, here, table, keys, columns):
            agreement, cause = Agreement.NOT_TRIED, ""
            if cell.row is not None:
                agreement = judge_outcome(table, cell.what, cell.one, cell.other, causes.devices(table, cell.was))
                if agreement != Agreement.AGREES:
                    cause = causes.of(table, cell.was)
            yield cell.found(Part.OUTCOMES, agreement, cause)


def _learned(version: Study, here: Study, causes: Causes) -> Iterator[Finding]:
    before, after = (find_scores(study.tables["learning"]) for study in (version, here))
    # There are many differences, and one interval in 20 would exclude 0 by chance.
    confidence = 1 - (1 - CONFIDENCE) / max(1, len(before.keys() & after.keys()))
    for key, was in before.items():
        now, cause = after.get(key), ""
        if now is None:
            agreement = Agreement.NOT_TRIED
        elif was.measure != now.measure or (cause := causes.asked_otherwise(key[1], "learning")):
            agreement = Agreement.NOT_COMPARABLE
        else:
            found = change(was, now, confidence)
            agreement = judge_scores(was, now, found)
            if agreement != Agreement.AGREES:
                cause = "; ".join(filter(None, [str(found), causes.of_cell(key[0], key[1], "learning")]))
        yield Finding(
            part=Part.LEARNED, table="learning", where=" ".join(key), what=was.measure, version=was.mean(),
            here=now.mean() if now else None, agreement=agreement, cause=cause,
        )  # fmt: skip


def _timings(version: Study, here: Study, causes: Causes) -> Iterator[Finding]:
    """Yield the verdicts that the version has: an undecided one is not a finding that could be reproduced."""
    before, after = (rows_by_key(study.tables["timing"], RATIO) for study in (version, here))
    for key, was in before.items():
        if was["verdict"] not in DECIDED:
            continue
        now, cause = after.get(key), ""
        if now is None:
            agreement = Agreement.NOT_TRIED
        elif cause := causes.asked_otherwise(key[1], "timing"):
            agreement = Agreement.NOT_COMPARABLE
        else:
            agreement = judge_timing(was, now)
            if agreement != Agreement.AGREES:
                cause = causes.of_timing(was, now)
        yield Finding(
            part=Part.TIMING, table="timing", where=" ".join(key[:3]), what=key[3], version=_timed(was),
            here=_timed(now), agreement=agreement, cause=cause,
        )  # fmt: skip


def _timed(row: dict[Any, Any] | None) -> str | None:
    return f"{row['verdict']}, {shown_ratio(row)}" if row else None


def _bits(version: Study, here: Study, causes: Causes) -> Iterator[Finding]:
    for table, columns in BITS.items():
        for cell in _cells(version, here, table, EXACT[table][0], columns):
            agreement, cause = Agreement.NOT_TRIED, ""
            if cell.row is not None and (cause := causes.of_bits(table, cell.was)):
                agreement = Agreement.NOT_COMPARABLE
            elif cell.row is not None and cell.one == cell.other:
                agreement = Agreement.AGREES
            elif cell.row is not None:
                agreement, cause = Agreement.DIFFERS, causes.of(table, cell.was)
            yield cell.found(Part.BITS, agreement, cause)
