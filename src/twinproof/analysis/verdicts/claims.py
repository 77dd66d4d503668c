"""The article's claims, in our words, each with the rule (rules.py) that judges it from the tables."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from twinproof.analysis.verdicts.rules import (
    Judgement,
    Tables,
    as_printed,
    care,
    debugging,
    from_the_shape,
    lists,
    no_difference,
    reached,
    simplicity,
)
from twinproof.analysis.words import Verdict


@dataclass(frozen=True)
class Claim:
    """A statement of the article: its number, our wording, the example it concerns, and how it is judged."""

    name: str
    wording: str
    example: str
    evidence: tuple[str, ...]
    rule: str
    would_change: str
    judge: Callable[[Tables], Judgement]


@dataclass(frozen=True, kw_only=True)
class ClaimRow:
    """A claim with its verdict, and the figures that led to it; `evidence` are names of tables, as JSON."""

    claim: str
    wording: str
    example: str
    verdict: Verdict
    figures: str
    evidence: str
    rule: str
    would_change: str


def claim_rows(tables: Tables) -> Iterator[ClaimRow]:
    """Yield one row for each claim, judged from the other tables."""
    for claim in CLAIMS:
        judgement = claim.judge(tables)
        yield ClaimRow(
            claim=claim.name,
            wording=claim.wording,
            example=claim.example,
            verdict=judgement.verdict,
            figures=judgement.figures,
            evidence=json.dumps(claim.evidence),
            rule=claim.rule,
            would_change=claim.would_change,
        )


_GATE = (
    "{all} if the functional counterpart of each twin is the same network in every environment, mixed if that of some; "
    "a counterpart of ours that is not one decides nothing"
)

CLAIMS = [
    Claim(
        "C1", "The functional style is the simpler way to write standard architectures.", "1", ("code",),
        "supported if functional has no more lines, branches, names and definitions, and fewer of one, for simple and "
        "conditional; refuted if it is the other way round; else mixed",
        "a twin whose functional code is longer; what reads more easily, these counts cannot say", simplicity,
    ),
    Claim(
        "C2", "Subclassing allows layers to be made from the input's shape.", "", ("identity", "twins"),
        "supported if a class that does so runs in every environment, refuted if in none, else mixed; that the "
        "functional style does so too is no objection",
        "a class that fails", from_the_shape,
    ),
    Claim(
        "C3", "Subclassing makes custom layers easy to integrate.", "", ("twins", "identity"),
        "mixed if the functional style takes the same custom layer and is the same network: easy, and not by "
        "subclassing",
        "a custom layer that the functional style cannot take", reached(("branching",), Verdict.MIXED),
    ),
    Claim(
        "C4", "Subclassing allows training procedures that the functional style cannot reach.", "",
        ("twins", "identity"),
        "mixed if a graph, held by a class that has nothing but the training step, is trained to the same weights: the "
        "model need not be subclassed, its training is",
        "a training procedure that a graph cannot be given so", reached(("stepping",), Verdict.MIXED),
    ),
    Claim(
        "C5", "Branches, attention with layers made on the way, and losses on inner activations need subclassing.", "",
        ("twins", "identity"), _GATE.format(all=Verdict.REFUTED), "one of them without a functional counterpart",
        reached(("branching", "attentive", "regularized"), Verdict.REFUTED),
    ),
    Claim(
        "C6", "Example 2's training-only branch cannot be written directly in the functional API.", "2",
        ("twins", "identity"), _GATE.format(all=Verdict.REFUTED), "a functional counterpart that is another network",
        reached(("conditional",), Verdict.REFUTED),
    ),
    Claim(
        "C7", "Example 3's depth chosen at run time would be impractical in the functional API.", "3",
        ("twins", "identity", "code"), _GATE.format(all=Verdict.REFUTED),
        "a functional counterpart that is another network",
        reached(("dynamic",), Verdict.REFUTED),
    ),
    Claim(
        "C8", "Subclassed models are harder to debug.", "", ("faults", "introspection"),
        "supported if mistakes planted in a subclass are caught later and none earlier than in the functional style, "
        "refuted if none later, else mixed",
        "mistakes that a subclass shows earlier", debugging,
    ),
    Claim(
        "C9", "Subclassed models need more care to serialize and reuse, above all with layers made dynamically.", "3",
        ("serialization",),
        "supported if operations go well with functional and not with a careful subclass, and none the other "
        "way round; refuted if none; else mixed; the figures by twin tell what is due to layers made dynamically",
        "operations that go well with a subclass alone", care,
    ),
    Claim(
        "C10", "Layers kept in a list need care in training and in serialization.", "3", ("twins", "pitfalls"),
        "refuted if a plain list trains as one network and lists of every kind are kept as expected, supported if "
        "neither, else mixed",
        "a Keras that keeps lists of every kind, or one that does not train a plain one", lists,
    ),
    Claim(
        "C11", "The examples, as printed, run.", "1, 2, 3", ("identity", "pitfalls"),
        "supported if each runs in every environment, mixed if each runs in some, refuted if one runs in none",
        "an environment in which the example runs", as_printed,
    ),
    Claim(
        "C12", "The styles do not differ in accuracy or speed.", "1, 2, 3", ("twins", "accuracy", "timing"),
        "supported if all twins learn the same and every timing is equivalent; refuted if both differ, mixed if one "
        "does",
        "timings of other machines, or with narrower intervals", no_difference,
    ),
]  # fmt: skip
