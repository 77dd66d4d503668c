"""How a figure that was measured again compares with the version's: does it agree, differ, or contradict?"""

from collections.abc import Collection, Mapping
from typing import Any

from twinproof.analysis.words import RIGHT, Agreement, Catch, Check, Kept, PitfallOutcome, TimingVerdict, Verdict
from twinproof.base.words import ONE_NETWORK, GraphOutcome, Identity
from twinproof.versions.machines import CPU
from twinproof.versions.scores import Change, Scores

# Good and bad outcomes. A good and a bad one contradict each other; any other pair only differs.
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
# The basis of every claim: the styles are one network, and learn the same.
IDENTITY = {("twins", "gate"), ("learning", "bit_equal")}
# The verdicts on a time or on memory; the first two are opposed to the next two.
LESS = (TimingVerdict.FASTER, TimingVerdict.SMALLER)
MORE = (TimingVerdict.SLOWER, TimingVerdict.LARGER)
DECIDED = (*LESS, *MORE, TimingVerdict.EQUIVALENT)


def judge_outcome(table: str, column: str, was: str | None, now: str | None, devices: Collection[str]) -> Agreement:
    """Compare an outcome with the version's; `devices` are those of both computations."""
    if was == now:
        return Agreement.AGREES
    well, ill = OPPOSED.get((table, column), ((), ()))
    if (was in well and now in ill) or (was in ill and now in well):
        bits = (table, column) in TO_THE_LAST_BIT
        return Agreement.DIFFERS if bits and {*devices} != {CPU} else Agreement.CONTRADICTS
    return Agreement.DIFFERS


def judge_claim(was: str, now: str) -> Agreement:
    """Compare the verdict on a claim with the version's."""
    found = judge_outcome("claims", "verdict", was, now, ())
    return Agreement.UNDECIDED if found == Agreement.DIFFERS and Verdict.INCONCLUSIVE in (was, now) else found


def judge_scores(was: Scores, now: Scores, found: Change) -> Agreement:
    """Compare a learning result with the version's; `found` is their difference, at the confidence of all of them.

    They agree if their difference is at most half the width of the version's interval over seeds; if the seeds differ,
    the width of the other interval is added. They contradict each other if the difference is larger, and its interval
    excludes 0.
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
    """Compare the verdict of a row of the table timing with that of the version, which is decided.

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
