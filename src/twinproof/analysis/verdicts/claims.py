"""The article's claims, in our words, and a question of our own, each with the rule that judges it from the tables.

A rule says what speaks for a part of a claim and what speaks against it; weighing.py derives the verdict.
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
    "{part}it is supported if our counterpart is not the same network in any environment in which the class runs, "
    "and contradicted if it is the same network in all of them"
)
_NOTABLE = "for a class, the naive one counts; notably less is 10 % less in at least one count, and 10 % more in none"

CLAIMS = [
    Claim(
        "C1", "The functional style is the simpler way to write standard architectures.", "1", ("code",),
        "simple and conditional are a part each: it is supported if functional takes notably fewer lines, branches, "
        f"names and definitions, and contradicted if the subclass does; {_NOTABLE}",
        "a class that takes notably less code; these counts cannot say which code is easier to read", rules.simplicity,
    ),
    Claim(
        "C2", "Subclassing allows layers to be made from the input's shape.", "", ("identity",),
        "it is supported if a class that does so runs in every environment, and contradicted if it runs in none",
        "a class that fails", reach.from_the_shape,
    ),
    Claim(
        "C3", "Subclassing makes custom layers easy to integrate.", "", ("identity", "code"),
        "it is supported if a class with a custom layer takes notably less code than a graph with it, or if only the "
        f"class runs; it is contradicted in the opposite case; {_NOTABLE}",
        "a custom layer that works in only one of the styles, or takes notably less code there", reach.custom_layers,
    ),
    Claim(
        "C4", "Subclassing allows training procedures that the functional style cannot reach.", "",
        ("twins", "identity", "code"),
        _COUNTERPART.format(part="")
        + " and defines no model class; a graph in a class with only the training step counts half for each",
        "a counterpart that defines no class, or one that is a different network", reach.training_procedures,
    ),
    Claim(
        "C5", "Branches, attention with layers made on the way, and losses on inner activations need subclassing.", "",
        ("twins", "identity", "pitfalls"),
        _COUNTERPART.format(part="each of the three is a part: ")
        + "; the pitfalls in which a graph and a class choose by the data that they compute belong to branches",
        "a counterpart of a branch that chooses by data without a custom layer; or none for attention and losses",
        reach.unusual_architectures,
    ),
    Claim(
        "C6", "Example 2's training-only branch cannot be written directly in the functional API.", "2",
        ("twins", "identity"), _COUNTERPART.format(part=""), "a functional counterpart that is a different network",
        reach.training_only_branch,
    ),
    Claim(
        "C7", "Example 3's depth chosen at run time would be impractical in the functional API.", "3",
        ("twins", "identity", "code"),
        _COUNTERPART.format(part="") + f"; {reach.IMPRACTICAL:g} times the lines of the class support it too",
        "a functional counterpart that is a different network, or takes that much code", reach.depth_at_run_time,
    ),
    Claim(
        "C8", "Subclassed models are harder to debug.", "", ("faults", "introspection"),
        "four parts, counted by kind and not by case: whether planted mistakes are reported, how early, whether the "
        "culprit is named, and whether checks of a built model are correct; a difference of 5 in 100 to the class's "
        "disadvantage supports it, 5 in 100 to its advantage contradict it",
        "mistakes that a subclass warns of and a graph does not report; checks that a graph fails",
        rules.debugging,
    ),
    Claim(
        "C9", "Subclassed models need more care to serialize and reuse, above all with layers made dynamically.", "3",
        ("serialization",),
        "each half is a part: the first is supported if 5 of 100 more operations succeed with functional "
        "than with a careful subclass, the second if 5 of 100 more are lost in dynamic than in the other twins; "
        "the same difference in the other direction contradicts it",
        "operations that succeed only with a subclass, or that layers made dynamically lose more often", rules.care,
    ),
    Claim(
        "C10", "Layers kept in a list need care in training and in serialization.", "3", ("twins", "pitfalls"),
        "training and saving are a part each: it is supported if no list is trained, or saved, as expected in any "
        "environment, and contradicted if all are in every environment",
        "a Keras that trains and saves lists of every kind, or none", pitfalls.lists,
    ),
    Claim(
        "C11", "The examples, as printed, run.", "1, 2, 3", ("identity", "pitfalls"),
        "it is supported if each runs in every environment, and contradicted if one runs in none",
        "an environment in which the example runs", pitfalls.as_printed,
    ),
    Claim(
        "Q1", "The styles do not differ in accuracy or speed.", "1, 2, 3", ("twins", "accuracy", "timing"),
        "accuracy and speed are a part each: it is supported by equal weights or differences whose intervals contain "
        "0, and by timings that are all equivalent, among those decided; it is contradicted by differences everywhere",
        "timings of other machines, or with narrower intervals", rules.no_difference, ClaimSource.OURS,
    ),
]  # fmt: skip
