"""The article's claims, in our words, each with the rule that judges it from the tables.

A verdict is `supported`, `refuted`, `mixed` or `inconclusive`; it is inconclusive where what it rests on was not
measured, or not judged.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from twinproof.analysis.inspection import STAGES
from twinproof.analysis.serialization import RIGHT

SUPPORTED, REFUTED, MIXED, INCONCLUSIVE = "supported", "refuted", "mixed", "inconclusive"
ONE_NETWORK = ("bit-equal", "within tolerance")

Tables = dict[str, pd.DataFrame]


class Judgement(NamedTuple):
    """A verdict, and the figures that led to it."""

    verdict: str
    figures: str


class Claim(NamedTuple):
    """A statement of the article: its number, our wording, the example it concerns, and how it is judged."""

    name: str
    wording: str
    example: str
    evidence: tuple[str, ...]
    rule: str
    would_change: str
    judge: Callable[[Tables], Judgement]


def claim_rows(tables: Tables) -> Iterator[dict[str, Any]]:
    """Yield one row for each claim, judged from the other tables."""
    for claim in CLAIMS:
        judgement = claim.judge(tables)
        yield {
            "claim": claim.name,
            "wording": claim.wording,
            "example": claim.example,
            "verdict": judgement.verdict,
            "figures": judgement.figures,
            "evidence": " ".join(claim.evidence),
            "rule": claim.rule,
            "would_change": claim.would_change,
        }


def _simplicity(tables: Tables) -> Judgement:
    code = tables["code"].set_index(["twin", "way"])
    measures = ["lines", "branches", "names", "definitions"]
    less, more, figures = [], [], []
    for twin in ("simple", "conditional"):
        if not {(twin, "functional"), (twin, "subclassed")} <= set(code.index):
            continue
        own, other = (code.loc[(twin, way), measures] for way in ("functional", "subclassed"))
        less.append(bool((own <= other).all() and (own < other).any()))
        more.append(bool((own >= other).all() and (own > other).any()))
        pairs = ", ".join(f"{own[measure]} {measure} against {other[measure]}" for measure in measures)
        figures.append(f"{twin}: functional {pairs} subclassed")
    if not figures:
        return Judgement(INCONCLUSIVE, "neither simple nor conditional is in the study")
    verdict = SUPPORTED if all(less) else REFUTED if all(more) else MIXED
    return Judgement(verdict, "; ".join(figures))


def _reached(twins: tuple[str, ...], by_both: str) -> Callable[[Tables], Judgement]:
    """Return the judge of what is said to take a subclass, or to be given by one: do both styles of `twins` do it?

    `by_both` is the verdict if the functional style gives the same network for all of them.
    """

    def judge(tables: Tables) -> Judgement:
        identity = tables["identity"]
        reached: list[bool] = []
        figures = []
        for twin in twins:
            rows = tables["twins"][tables["twins"]["twin"] == twin]
            if rows.empty:
                continue
            failed = identity[(identity["twin"] == twin) & (identity["status"] == "failed")]
            if "subclassed" in set(failed["style"]):
                return Judgement(INCONCLUSIVE, f"{twin}: the subclass itself failed")
            judged = rows[rows["gate"] != "not measured"]
            reached += list(judged["gate"].isin(ONE_NETWORK))
            gates = ", ".join(f"{row['environment']} {row['gate']}" for row in rows.to_dict("records"))
            figures.append(f"{twin}: functional against subclassed {gates}")
        if not reached:
            return Judgement(INCONCLUSIVE, f"not measured: {', '.join(twins)}")
        missing = [twin for twin in twins if twin not in set(tables["twins"]["twin"])]
        if missing:
            figures.append(f"not measured: {', '.join(missing)}")
        verdict = by_both if all(reached) else SUPPORTED if not any(reached) else MIXED
        return Judgement(INCONCLUSIVE if missing and verdict != MIXED else verdict, "; ".join(figures))

    return judge


def _debugging(tables: Tables) -> Judgement:
    faults = tables["faults"]
    keys = ["environment", "twin", "replicate", "fault"]
    stages = faults.assign(stage=faults["stage"].map(STAGES.index)).pivot(index=keys, columns="style", values="stage")
    if not {"functional", "subclassed"} <= set(stages) or stages.empty:
        return Judgement(INCONCLUSIVE, "no mistakes were planted in both styles")
    pairs = stages.dropna(subset=["functional", "subclassed"])
    later, earlier = (
        int((pairs["subclassed"] > pairs["functional"]).sum()),
        int((pairs["subclassed"] < pairs["functional"]).sum()),
    )
    named = faults[faults["names_culprit"].eq(True)].groupby("style").size()
    checks = tables["introspection"]
    bad = checks[checks["outcome"].isin(["fails", "differs", "crashed", "timed out"])].groupby("style").size()
    figures = (
        f"of {len(pairs)} planted mistakes, the subclass shows {later} later and {earlier} earlier; the culprit is "
        f"named {named.get('functional', 0)} times functional and {named.get('subclassed', 0)} times subclassed; of "
        f"the checks, {bad.get('functional', 0)} fail or differ functional and {bad.get('subclassed', 0)} subclassed"
    )
    verdict = SUPPORTED if later and not earlier else REFUTED if not later else MIXED
    return Judgement(verdict, figures)


def _care(tables: Tables) -> Judgement:
    cells = tables["serialization"]
    keys = ["environment", "twin", "replicate", "operation", "place"]
    known = cells[cells["outcome"] != "not available"]
    right = known.assign(right=known["outcome"].isin(RIGHT)).pivot(index=keys, columns="way", values="right")
    if not {"functional", "subclassed"} <= set(right):
        return Judgement(INCONCLUSIVE, "serialization was not measured in both styles")
    pairs = right.dropna(subset=["functional", "subclassed"])
    worse = pairs[pairs["functional"].eq(True) & pairs["subclassed"].eq(False)]
    better = pairs[pairs["functional"].eq(False) & pairs["subclassed"].eq(True)]
    by_twin = ", ".join(f"{twin} {count}" for twin, count in worse.groupby("twin", sort=False).size().items())
    parts = [
        f"of {len(pairs)} operations, {len(worse)} go well functional and not with a careful subclass ({by_twin}), "
        f"{len(better)} the other way round"
    ]
    if "naive" in right:
        naive = right.dropna(subset=["functional", "naive"])
        lost = int((naive["functional"].eq(True) & naive["naive"].eq(False)).sum())
        parts.append(f"with a naive subclass {lost} of {len(naive)} do not")
    silent = cells[cells["outcome"] == "silently wrong"].groupby("way").size()
    parts.append("silently wrong: " + (", ".join(f"{way} {count}" for way, count in silent.items()) or "none"))
    verdict = SUPPORTED if len(worse) and not len(better) else REFUTED if not len(worse) else MIXED
    return Judgement(verdict, "; ".join(parts))


def _lists(tables: Tables) -> Judgement:
    rows = tables["pitfalls"][tables["pitfalls"]["pitfall"].isin(LIST_PITFALLS)]
    if rows.empty:
        return Judgement(INCONCLUSIVE, "pitfalls of lists were not measured")
    figures = "; ".join(
        f"{name}: {', '.join(f'{row.environment} {row.outcome}' for row in found.itertuples())}"
        for name, found in rows.groupby("pitfall", sort=False)
    )
    wrong = rows["outcome"].ne("as expected").groupby(rows["environment"]).any()
    return Judgement(SUPPORTED if wrong.all() else REFUTED if not wrong.any() else MIXED, figures)


def _as_printed(tables: Tables) -> Judgement:
    identity, pitfalls = tables["identity"], tables["pitfalls"]
    first = identity[(identity["twin"] == "simple") & (identity["style"] == "sequential")]
    runs = {"example 1": _in_all(first["status"].eq("ok"), first)}
    for example, name in AS_PRINTED.items():
        rows = pitfalls[pitfalls["pitfall"] == name]
        runs[example] = _in_all(rows["outcome"].eq("as expected"), rows)
    if missing := [example for example, found in runs.items() if not found]:
        return Judgement(INCONCLUSIVE, f"not measured: {', '.join(missing)}")
    figures = "; ".join(
        f"{example} runs in {', '.join(where for where, ran in found.items() if ran) or 'none'} of {', '.join(found)}"
        for example, found in runs.items()
    )
    if all(all(found.values()) for found in runs.values()):
        return Judgement(SUPPORTED, figures)
    return Judgement(MIXED if all(any(found.values()) for found in runs.values()) else REFUTED, figures)


def _in_all(true: pd.Series, rows: pd.DataFrame) -> dict[str, bool]:
    """Return for each environment whether something is true of all its rows."""
    return {str(environment): bool(found.all()) for environment, found in true.groupby(rows["environment"])}


def _no_difference(tables: Tables) -> Judgement:
    judged = tables["twins"][tables["twins"]["verdict"].isin(["equal", "inconclusive"])]
    timing = tables["timing"]
    if judged.empty or timing.empty:
        return Judgement(INCONCLUSIVE, "accuracy and speed were not both measured and judged")
    accuracy = Counter(judged["verdict"])
    speed = Counter(timing["verdict"])
    differ = sum(speed[verdict] for verdict in ("slower", "faster", "larger", "smaller"))
    figures = (
        f"accuracy: {accuracy['equal']} of {len(judged)} twins equal to the last bit; time and memory: "
        + ", ".join(f"{count} {verdict}" for verdict, count in speed.most_common())
    )
    equal = accuracy["equal"] == len(judged)
    if equal and speed["equivalent"] == len(timing):
        return Judgement(SUPPORTED, figures)
    if differ:
        return Judgement(MIXED if equal else REFUTED if not accuracy["equal"] else MIXED, figures)
    return Judgement(INCONCLUSIVE, figures)


# Of the catalogue: what is about layers in lists, and the two examples that are pitfalls as printed.
LIST_PITFALLS = (
    "nested_list", "list_of_pairs", "list_in_a_checkpoint", "layers_attribute", "private_layers_attribute",
)  # fmt: skip
AS_PRINTED = {"example 2": "dropout_made_in_call", "example 3": "layers_attribute"}

_GATE = "the identity gate: supported if no functional counterpart is the same network, {both} if each is, else mixed"

CLAIMS = [
    Claim(
        "C1", "The functional style is the simpler way to write standard architectures.", "1", ("code",),
        "supported if functional has no more lines, branches, names and definitions, and fewer of one, for simple and "
        "conditional; refuted if it is the other way round; else mixed",
        "a twin whose functional code is longer; what reads more easily, these counts cannot say", _simplicity,
    ),
    Claim(
        "C2", "Subclassing allows layers to be made from the input's shape.", "", ("twins", "identity"),
        "supported if a subclass does so, as it does here if its identity could be measured; that the functional style "
        "does so too is no objection",
        "a subclass that fails", _reached(("shaped",), SUPPORTED),
    ),
    Claim(
        "C3", "Subclassing makes custom layers easy to integrate.", "", ("twins", "identity"),
        "mixed if the functional style takes the same custom layer in the same network, supported if only the subclass "
        "does",
        "a custom layer that the functional style cannot take", _reached(("branching",), MIXED),
    ),
    Claim(
        "C4", "Subclassing allows training procedures that the functional style cannot reach.", "",
        ("twins", "identity"), _GATE.format(both=REFUTED),
        "a training procedure that a functional model cannot be given", _reached(("stepping",), REFUTED),
    ),
    Claim(
        "C5", "Branches, attention with layers made on the way, and losses on inner activations need subclassing.", "",
        ("twins", "identity"), _GATE.format(both=REFUTED), "one of them without a functional counterpart",
        _reached(("branching", "attentive", "regularized"), REFUTED),
    ),
    Claim(
        "C6", "Example 2's training-only branch cannot be written directly in the functional API.", "2",
        ("twins", "identity"), _GATE.format(both=REFUTED), "a functional counterpart that is another network",
        _reached(("conditional",), REFUTED),
    ),
    Claim(
        "C7", "Example 3's depth chosen at run time would be impractical in the functional API.", "3",
        ("twins", "identity", "code"), _GATE.format(both=REFUTED), "a functional counterpart that is another network",
        _reached(("dynamic",), REFUTED),
    ),
    Claim(
        "C8", "Subclassed models are harder to debug.", "", ("faults", "introspection"),
        "supported if mistakes planted in a subclass are caught later and none earlier than in the functional style, "
        "refuted if none later, else mixed",
        "mistakes that a subclass shows earlier", _debugging,
    ),
    Claim(
        "C9", "Subclassed models need more care to serialize and reuse, above all with layers made dynamically.", "3",
        ("serialization",),
        "supported if operations go well with functional and not with a careful subclass, and none the other way "
        "round; refuted if none; else mixed",
        "operations that go well with a subclass alone", _care,
    ),
    Claim(
        "C10", "Layers kept in a list need care in training and in serialization.", "3", ("pitfalls",),
        "supported if a pitfall of lists is not as expected in each environment, refuted if in none, else mixed",
        "a Keras in which lists of every kind and name are followed", _lists,
    ),
    Claim(
        "C11", "The examples, as printed, run.", "1, 2, 3", ("identity", "pitfalls"),
        "supported if each runs in every environment, mixed if each runs in some, refuted if one runs in none",
        "an environment in which the example runs", _as_printed,
    ),
    Claim(
        "C12", "The styles do not differ in accuracy or speed.", "1, 2, 3", ("twins", "accuracy", "timing"),
        "supported if all twins learn the same and every timing is equivalent; refuted if they differ in both, "
        "mixed if in one",
        "timings of other machines, or with narrower intervals", _no_difference,
    ),
]  # fmt: skip
