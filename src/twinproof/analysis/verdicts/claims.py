"""The article's claims, in our words, and a question of our own, each with the rule that judges it from the tables.

A rule says what speaks for a part of a claim and what speaks against it; weighing.py makes the verdict of that.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from twinproof.analysis.verdicts import pitfalls, reach, rules
from twinproof.analysis.verdicts.weighing import Judgement, Tables
from twinproof.analysis.words import ClaimSource, Verdict


@dataclass(frozen=True)
class Claim:
    """A statement: its number, our wording, the example it concerns, and how it is judged."""

    name: str
    wording: str
    example: str
    evidence: tuple[str, ...]
    rule: str
    would_change: str
    judge: Callable[[Tables], Judgement]
    source: ClaimSource = ClaimSource.ARTICLE


@dataclass(frozen=True, kw_only=True)
class ClaimRow:
    """A claim with its verdict, and the figures that led to it; `evidence` are names of tables, as JSON."""

    claim: str
    source: ClaimSource
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
            source=claim.source,
            wording=claim.wording,
            example=claim.example,
            verdict=judgement.verdict,
            figures=judgement.figures,
            evidence=json.dumps(claim.evidence),
            rule=claim.rule,
            would_change=claim.would_change,
        )


_COUNTERPART = (
    "{part}for it speaks a counterpart of ours that is the same network in no environment in which the class runs, "
    "against it one that is so in every environment"
)
_NOTABLE = "of a class, the naive one counts; notably less is 10 % less of one count at least, and 10 % more of none"

CLAIMS = [
    Claim(
        "C1", "The functional style is the simpler way to write standard architectures.", "1", ("code",),
        "simple and conditional are a part each: for it speaks that functional takes notably fewer lines, branches, "
        f"names and definitions, against it that the subclass does; {_NOTABLE}",
        "a class that takes notably less code; what reads more easily, these counts cannot say", rules.simplicity,
    ),
    Claim(
        "C2", "Subclassing allows layers to be made from the input's shape.", "", ("identity",),
        "for it speaks a class that does so and runs in every environment, against it one that runs in none",
        "a class that fails", reach.from_the_shape,
    ),
    Claim(
        "C3", "Subclassing makes custom layers easy to integrate.", "", ("identity", "code"),
        "for it speaks that a class with a custom layer takes notably less code than a graph with it, or that the "
        f"class alone runs; against it the other way round; {_NOTABLE}",
        "a custom layer that only one of the styles takes, or takes with notably less code", reach.custom_layers,
    ),
    Claim(
        "C4", "Subclassing allows training procedures that the functional style cannot reach.", "",
        ("twins", "identity", "code"),
        _COUNTERPART.format(part="")
        + " and writes no class of a model; a graph in a class that has nothing but the training step is half of each",
        "a counterpart that writes no class, or one that is another network", reach.training_procedures,
    ),
    Claim(
        "C5", "Branches, attention with layers made on the way, and losses on inner activations need subclassing.", "",
        ("twins", "identity", "pitfalls"),
        _COUNTERPART.format(part="each of the three is a part: ")
        + "; to branches belongs what the catalogue asks of a graph and of a class: to choose by what it computes",
        "a counterpart of a branch that chooses by data without a layer of one's own; or none for attention and losses",
        reach.unusual_architectures,
    ),
    Claim(
        "C6", "Example 2's training-only branch cannot be written directly in the functional API.", "2",
        ("twins", "identity"), _COUNTERPART.format(part=""), "a functional counterpart that is another network",
        reach.training_only_branch,
    ),
    Claim(
        "C7", "Example 3's depth chosen at run time would be impractical in the functional API.", "3",
        ("twins", "identity", "code"),
        _COUNTERPART.format(part="") + f"; {reach.IMPRACTICAL:g} times the lines of the class speak for it, too",
        "a functional counterpart that is another network, or takes so much code", reach.depth_at_run_time,
    ),
    Claim(
        "C8", "Subclassed models are harder to debug.", "", ("faults", "introspection"),
        "that planted mistakes are reported, how early, that the culprit is named, and what is right of a built model "
        "are a part each, counted by kind and not by case; 5 in 100 to the class's disadvantage speak for it, 5 in 100 "
        "to its advantage against it",
        "mistakes that a subclass warns of and a graph does not report; checks that a graph fails",
        rules.debugging,
    ),
    Claim(
        "C9", "Subclassed models need more care to serialize and reuse, above all with layers made dynamically.", "3",
        ("serialization",),
        "the two halves are a part each: for the first speak 5 of 100 operations more that go well with functional "
        "than with a careful subclass, for the second 5 of 100 more that are lost in dynamic than in the other twins; "
        "as many the other way round speak against it",
        "operations that go well with a subclass alone, or that layers made dynamically lose more often", rules.care,
    ),
    Claim(
        "C10", "Layers kept in a list need care in training and in serialization.", "3", ("twins", "pitfalls"),
        "training and keeping are a part each: for it speaks that no list is trained, or kept, as expected in any "
        "environment, against it that all are in every one",
        "a Keras that trains and keeps lists of every kind, or none", pitfalls.lists,
    ),
    Claim(
        "C11", "The examples, as printed, run.", "1, 2, 3", ("identity", "pitfalls"),
        "for it speaks that each runs in every environment, against it one that runs in none",
        "an environment in which the example runs", pitfalls.as_printed,
    ),
    Claim(
        "Q1", "The styles do not differ in accuracy or speed.", "1, 2, 3", ("twins", "accuracy", "timing"),
        "accuracy and speed are a part each: for it speak equal weights or differences whose intervals hold 0, and "
        "timings that are all equivalent, of those decided; against it differences everywhere",
        "timings of other machines, or with narrower intervals", rules.no_difference, ClaimSource.OURS,
    ),
]  # fmt: skip
