"""Each claim is judged from the tables by its rule; without evidence it is inconclusive."""

from typing import Any

import pandas as pd
import pytest

from twinproof.analysis.columns import COLUMNS, make_table
from twinproof.analysis.verdicts.answer import advice_rows
from twinproof.analysis.verdicts.claims import CLAIMS, claim_rows
from twinproof.base.styles import INGREDIENTS

HERE = {"environment": "e", "replicate": 0}


def tables(**rows: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return every table, empty but for the given rows."""
    return {name: pd.DataFrame(rows.get(name, []), columns=columns) for name, columns in COLUMNS.items()}


def verdicts(**rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row.claim: row.verdict for row in claim_rows(tables(**rows))}


def told(**rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the answer by topic."""
    made = tables(**rows)
    made["claims"] = make_table("claims", claim_rows(made))
    return {row.topic: row.sentence for row in advice_rows(made)}


def code(functional: int, subclassed: int) -> list[dict[str, Any]]:
    return [
        {"twin": twin, "style": way, "lines": lines, "branches": 0, "names": 9, "definitions": 1}
        for twin in ("simple", "conditional")
        for way, lines in (("functional", functional), ("subclassed", subclassed))
    ]


def gates(**outcomes: str) -> list[dict[str, Any]]:
    return [
        {**HERE, "twin": twin, "gate": gate, "control": "bit-equal", "verdict": "not judged"}
        for twin, gate in outcomes.items()
    ]


def faults(**stages: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {
            **HERE,
            "twin": "simple",
            "style": style,
            "fault": fault,
            "stage": stage,
            "names_culprit": style == "functional",
        }
        for fault, pair in stages.items()
        for style, stage in zip(("functional", "subclassed"), pair, strict=True)
    ]


def kept(**outcomes: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [
        {
            **HERE,
            "twin": "dynamic",
            "style": way,
            "operation": operation,
            "place": "fresh process, no code",
            "outcome": one,
        }
        for operation, three in outcomes.items()
        for way, one in zip(("functional", "subclassed", "naive"), three, strict=True)
    ]


def written(rights: dict[tuple[bool, ...], tuple[str, ...]], environment: str = "e") -> list[dict[str, Any]]:
    """Return operations on the class with each set of ingredients."""
    return [
        {
            **HERE,
            **dict(zip(INGREDIENTS, has, strict=True)),
            "environment": environment,
            "twin": "dynamic",
            "outcome": one,
        }
        for has, outcomes in rights.items()
        for one in outcomes
    ]


def pitfall(name: str, outcome: str, environment: str = "e") -> dict[str, Any]:
    return {
        **HERE,
        "environment": environment,
        "twin": "dynamic",
        "style": "subclassed",
        "pitfall": name,
        "outcome": outcome,
    }


def printed(second: str, third: str) -> dict[str, Any]:
    first = {**HERE, "twin": "simple", "style": "sequential", "status": "ok"}
    found = [pitfall("dropout_made_in_call", second), pitfall("layers_attribute", third)]
    return {"identity": [first], "pitfalls": found}


def timed(verdict: str) -> list[dict[str, Any]]:
    return [
        {
            **HERE,
            "twin": "t",
            "style": "subclassed",
            "quantity": "call",
            "unit": "seconds",
            "ratio": 0.87,
            "verdict": verdict,
        }
    ]


def learned(verdict: str) -> list[dict[str, Any]]:
    return [{**HERE, "twin": "t", "gate": "bit-equal", "control": "bit-equal", "verdict": verdict}]


def test_without_any_evidence_every_claim_is_inconclusive_and_nothing_is_advised() -> None:
    assert set(verdicts().values()) == {"inconclusive"}
    assert list(verdicts()) == [f"C{number}" for number in range(1, 13)]
    assert told() == {}


ONE = gates(simple="bit-equal", dynamic="bit-equal")
LISTS = [pitfall("nested_list", "silently wrong"), pitfall("list_of_pairs", "as expected")]
APART = [{**HERE, "twin": "t", "style": "subclassed", "difference_low": 0.001, "difference_high": 0.002}]
SHAPED = [{**HERE, "twin": "shaped", "style": "subclassed", "status": "ok"}]
CASES: list[tuple[str, dict[str, Any], str]] = [
    ("C1", {"code": code(3, 8)}, "supported"),
    ("C1", {"code": code(8, 3)}, "refuted"),
    ("C1", {"code": code(5, 5)}, "mixed"),
    ("C1", {"code": code(3, 8)[:2]}, "inconclusive"),
    ("C2", {"identity": SHAPED}, "supported"),
    ("C2", {"identity": [{**SHAPED[0], "status": "failed"}]}, "refuted"),
    ("C2", {"identity": [*SHAPED, {**SHAPED[0], "environment": "f", "status": "failed"}]}, "mixed"),
    ("C3", {"twins": gates(branching="bit-equal")}, "mixed"),
    ("C4", {"twins": gates(stepping="within rounding")}, "mixed"),
    # That our counterpart is another network does not show that there is none.
    ("C4", {"twins": gates(stepping="different")}, "inconclusive"),
    ("C4", {"twins": [{**gates(stepping="different")[0], "control": "different"}]}, "inconclusive"),
    ("C5", {"twins": gates(branching="bit-equal", attentive="bit-equal", regularized="bit-equal")}, "refuted"),
    ("C5", {"twins": gates(branching="bit-equal", attentive="different", regularized="bit-equal")}, "mixed"),
    ("C5", {"twins": gates(branching="bit-equal")}, "inconclusive"),
    ("C6", {"twins": gates(conditional="bit-equal")}, "refuted"),
    ("C7", {"twins": gates(dynamic="not measured")}, "inconclusive"),
    ("C8", {"twins": ONE, "faults": faults(a=("construct", "first step"), b=("never", "never"))}, "supported"),
    ("C8", {"twins": ONE, "faults": faults(a=("construct", "construct"))}, "refuted"),
    ("C8", {"twins": ONE, "faults": faults(a=("construct", "never"), b=("never", "compile"))}, "mixed"),
    ("C8", {"twins": gates(simple="different"), "faults": faults(a=("construct", "never"))}, "inconclusive"),
    (
        "C8",
        {"twins": ONE, "faults": [{**row, "ended": "timed out"} for row in faults(a=("later", "never"))]},
        "inconclusive",
    ),
    ("C9", {"twins": ONE, "serialization": kept(keras=("equal", "load fails", "load fails"))}, "supported"),
    ("C9", {"twins": ONE, "serialization": kept(keras=("equal", "close", "load fails"))}, "refuted"),
    (
        "C9",
        {"twins": ONE, "serialization": kept(a=("equal", "load fails", "equal"), b=("save fails", "equal", "equal"))},
        "mixed",
    ),
    ("C9", {"twins": ONE, "serialization": kept(onnx=("not available",) * 3)}, "inconclusive"),
    ("C9", {"twins": ONE, "serialization": kept(onnx=("equal", "timed out", "equal"))}, "inconclusive"),
    ("C9", {"serialization": kept(keras=("equal", "load fails", "load fails"))}, "inconclusive"),
    ("C10", {"twins": ONE, "pitfalls": LISTS}, "mixed"),
    ("C10", {"twins": ONE, "pitfalls": LISTS[1:]}, "refuted"),
    ("C10", {"twins": gates(dynamic="different"), "pitfalls": LISTS}, "supported"),
    ("C10", {"pitfalls": LISTS}, "inconclusive"),
    ("C11", printed("as expected", "as expected"), "supported"),
    ("C11", printed("as expected", "error"), "refuted"),
    ("C12", {"twins": learned("equal"), "timing": timed("equivalent")}, "supported"),
    ("C12", {"twins": learned("equal"), "timing": timed("faster")}, "mixed"),
    ("C12", {"twins": learned("inconclusive"), "timing": timed("slower"), "accuracy": APART}, "refuted"),
    ("C12", {"twins": learned("inconclusive"), "timing": timed("slower")}, "mixed"),
    ("C12", {"twins": learned("inconclusive"), "timing": timed("equivalent"), "accuracy": APART}, "mixed"),
    ("C12", {"twins": learned("equal"), "timing": timed("undecided")}, "inconclusive"),
    ("C12", {"twins": learned("equal")}, "inconclusive"),
]


@pytest.mark.parametrize(("claim", "rows", "expected"), CASES)
def test_each_rule(claim: str, rows: dict[str, Any], expected: str) -> None:
    assert verdicts(**rows)[claim] == expected


def test_every_claim_says_what_it_rests_on_and_what_would_change_it() -> None:
    for claim in CLAIMS:
        assert set(claim.evidence) <= set(COLUMNS)
        assert claim.rule and claim.would_change and claim.wording.endswith(".")


def test_the_answer_advises_against_a_subclass_where_the_tables_do() -> None:
    against = told(twins=ONE, serialization=kept(keras=("equal", "load fails", "load fails")))
    assert "it needs more care to keep" in against["choice"]
    assert "from keras a functional model is read in every environment, and a subclass in none." in against["keeping"]


def test_the_answer_tells_what_care_does_from_none_to_all_of_it() -> None:
    none, most, other, whole = (False,) * 4, (True, True, True, False), (False, True, True, True), (True,) * 4
    bad, good = "load fails", "equal"
    table = written({none: (bad, bad), most: (good, bad), other: (bad, bad, "not available"), whole: (good, good)})
    same = written({none: (good, bad), whole: (bad, good)}, "f")
    assert told(ingredients=[*table, *same])["care"].endswith(
        "there go well: of 2 in e, 0 with none of these, 0 to 1 with all but one and 2 with all; of 2 in f, 1 with any "
        "of these or none."
    )
    assert told(ingredients=table)["care"].startswith("If you subclass, take **kwargs")
    assert told(ingredients=same)["care"].startswith("If you subclass, it is no matter whether you take **kwargs")


def test_the_answer_says_where_it_is_not_so_in_every_respect() -> None:
    some = kept(a=("equal", "load fails", "equal"), b=("save fails", "equal", "equal"))
    assert "it needs more care to keep, if not in every respect" in told(twins=ONE, serialization=some)["choice"]


def test_the_answer_is_another_where_the_tables_are() -> None:
    same = kept(keras=("equal", "equal", "equal"))
    for_both = told(twins=ONE, serialization=same, faults=faults(a=("later", "later")), code=code(8, 3))
    assert "nothing measured here speaks against a subclass" in for_both["choice"]
    assert "Both styles are loaded without their code from keras" in for_both["keeping"]
    assert "choice" not in told(twins=ONE, serialization=same)


def test_what_is_never_read_without_code_is_not_told_to_be() -> None:
    assert "keeping" not in told(twins=ONE, serialization=kept(keras=("load fails", "load fails", "load fails")))
    elsewhere = [{**row, "environment": "f"} for row in kept(keras=("equal", "equal", "equal"))]
    here = kept(keras=("equal", "load fails", "load fails"))
    assert "keeping" not in told(twins=ONE, serialization=[*here, *elsewhere])


def test_speed_is_told_where_all_twins_agree() -> None:
    assert "is called on one sample (0.87) faster" in told(timing=timed("faster"))["speed"]
    assert "speed" not in told(timing=[*timed("faster"), *timed("slower")])
