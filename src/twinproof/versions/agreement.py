"""How a figure that was measured again stands to the version's: does it agree, differ, or contradict?"""

from collections.abc import Collection, Mapping
from typing import Any

from twinproof.analysis.words import RIGHT, Agreement, Catch, Check, Kept, PitfallOutcome, TimingVerdict, Verdict
from twinproof.base.words import ONE_NETWORK, GraphOutcome, Identity
from twinproof.versions.machines import CPU
from twinproof.versions.scores import Change, Scores

# Of an outcome: what is well, and what is not. One held against the other contradicts it; anything else only differs.
Opposed = tuple[Collection[str], Collection[str]]
_NETWORK: Opposed = (ONE_NETWORK, (Identity.DIFFERENT,))
_KEPT: Opposed = (RIGHT, {*Kept} - {*RIGHT, Kept.NOT_AVAILABLE, Kept.TIMED_OUT})
_YES_OR_NO: Opposed = (("True",), ("False",))
OPPOSED: Mapping[tuple[str, str], Opposed] = {
    ("claims", "verdict"): ((Verdict.SUPPORTED,), (Verdict.REFUTED,)),
    ("twins", "gate"): _NETWORK,
    ("twins", "control"): _NETWORK,
    ("identity", "outcome"): _NETWORK,
    ("identity", "seed_alone"): _YES_OR_NO,
    ("learning", "bit_equal"): _YES_OR_NO,
    ("graphs", "outcome"): (
        (GraphOutcome.EQUAL, GraphOutcome.ORDERED_OTHERWISE),
        (GraphOutcome.WIRED_OTHERWISE, GraphOutcome.OTHER_OPERATIONS),
    ),
    ("serialization", "outcome"): _KEPT,
    ("ingredients", "outcome"): _KEPT,
    ("exchange", "outcome"): _KEPT,
    ("introspection", "outcome"): ((Check.WORKS,), (Check.DIFFERS, Check.FAILS, Check.CRASHED)),
    ("faults", "caught"): ((Catch.ERROR, Catch.WARNING), (Catch.SILENCE,)),
    ("faults", "names_culprit"): _YES_OR_NO,
    ("pitfalls", "outcome"): (
        (PitfallOutcome.AS_EXPECTED,),
        (PitfallOutcome.ERROR, PitfallOutcome.CRASHED, PitfallOutcome.LOUD, PitfallOutcome.SILENT),
    ),
}
# Whether styles are equal to each other, to the last bit: on a GPU no two trainings are.
TO_THE_LAST_BIT = {("identity", "seed_alone"), ("learning", "bit_equal")}
# What every claim rests on: that the styles are one network, and learn the same.
IDENTITY = {("twins", "gate"), ("learning", "bit_equal")}
# What is found of a time or of memory; the first two are opposed to the next two.
LESS = (TimingVerdict.FASTER, TimingVerdict.SMALLER)
MORE = (TimingVerdict.SLOWER, TimingVerdict.LARGER)
DECIDED = (*LESS, *MORE, TimingVerdict.EQUIVALENT)


def judge_outcome(table: str, column: str, was: str | None, now: str | None, devices: Collection[str]) -> Agreement:
    """Judge an outcome against the version's; `devices` are those that both were computed on."""
    if was == now:
        return Agreement.AGREES
    well, ill = OPPOSED.get((table, column), ((), ()))
    if (was in well and now in ill) or (was in ill and now in well):
        bits = (table, column) in TO_THE_LAST_BIT
        return Agreement.DIFFERS if bits and {*devices} != {CPU} else Agreement.CONTRADICTS
    return Agreement.DIFFERS


def judge_claim(was: str, now: str) -> Agreement:
    """Judge the verdict on a claim against the version's."""
    found = judge_outcome("claims", "verdict", was, now, ())
    return Agreement.UNDECIDED if found == Agreement.DIFFERS and Verdict.INCONCLUSIVE in (was, now) else found


def judge_scores(was: Scores, now: Scores, found: Change) -> Agreement:
    """Judge what was learned against the version's; `found` is their difference, at the confidence of all of them.

    They agree if they are no further apart than the half width of the version's interval over seeds, to which that of
    the others is added where the seeds are others. They contradict each other if they are further apart, and the
    interval of their difference leaves out 0.
    """
    if found.equal:
        return Agreement.AGREES
    allowed = was.interval().high - was.interval().mean
    if not found.shared:
        allowed += now.interval().high - now.interval().mean
    if abs(found.difference.mean) <= allowed:
        return Agreement.AGREES
    return Agreement.CONTRADICTS if found.real else Agreement.UNDECIDED


def judge_timing(was: Mapping[Any, Any], now: Mapping[Any, Any]) -> Agreement:
    """Judge the verdict of a row of the table timing against that of the version, which is decided.

    Faster contradicts slower; equivalent contradicts either, if its whole corrected interval is beyond the margin.
    """
    verdicts = (was["verdict"], now["verdict"])
    if verdicts[0] == verdicts[1]:
        return Agreement.AGREES
    if now["verdict"] not in DECIDED:
        return Agreement.UNDECIDED
    if TimingVerdict.EQUIVALENT not in verdicts:
        return Agreement.CONTRADICTS
    equal, other = (was, now) if verdicts[0] == TimingVerdict.EQUIVALENT else (now, was)
    most = 1 + float(equal["margin"])
    beyond = float(other["family_low"]) > most or float(other["family_high"]) < 1 / most
    return Agreement.CONTRADICTS if beyond else Agreement.DIFFERS
