"""Each claim is judged from the tables by its rule; without evidence it is inconclusive."""

from typing import Any

import pandas as pd
import pytest

from twinproof.analysis.advice import advice_rows
from twinproof.analysis.claims import CLAIMS, claim_rows
from twinproof.analysis.columns import COLUMNS

HERE = {"environment": "e", "replicate": 0}


def tables(**rows: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return every table, empty but for the given rows."""
    return {name: pd.DataFrame(rows.get(name, []), columns=columns) for name, columns in COLUMNS.items()}


def verdicts(**rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row["claim"]: row["verdict"] for row in claim_rows(tables(**rows))}


def told(**rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the answer by topic."""
    made = tables(**rows)
    made["claims"] = pd.DataFrame(claim_rows(made), columns=COLUMNS["claims"])
    return {row["topic"]: row["sentence"] for row in advice_rows(made)}


def code(functional: int, subclassed: int) -> list[dict[str, Any]]:
    return [
        {"twin": twin, "way": way, "lines": lines, "branches": 0, "names": 9, "definitions": 1}
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
        {**HERE, "twin": "t", "style": style, "fault": fault, "stage": stage, "names_culprit": style == "functional"}
        for fault, pair in stages.items()
        for style, stage in zip(("functional", "subclassed"), pair, strict=True)
    ]


def kept(**outcomes: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [
        {
            **HERE,
            "twin": "dynamic",
            "way": way,
            "operation": operation,
            "place": "fresh process, no code",
            "outcome": one,
        }
        for operation, three in outcomes.items()
        for way, one in zip(("functional", "subclassed", "naive"), three, strict=True)
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
    return [{**HERE, "twin": "t", "style": "subclassed", "quantity": "call", "ratio": 0.87, "verdict": verdict}]


def learned(verdict: str) -> list[dict[str, Any]]:
    return [{**HERE, "twin": "t", "gate": "bit-equal", "control": "bit-equal", "verdict": verdict}]


def test_without_any_evidence_every_claim_is_inconclusive_and_nothing_is_advised() -> None:
    assert set(verdicts().values()) == {"inconclusive"}
    assert list(verdicts()) == [f"C{number}" for number in range(1, 13)]
    assert told() == {}


CASES: list[tuple[str, dict[str, Any], str]] = [
    ("C1", {"code": code(3, 8)}, "supported"),
    ("C1", {"code": code(8, 3)}, "refuted"),
    ("C1", {"code": code(5, 5)}, "mixed"),
    ("C2", {"twins": gates(shaped="bit-equal")}, "supported"),
    ("C3", {"twins": gates(branching="bit-equal")}, "mixed"),
    ("C4", {"twins": gates(stepping="within tolerance")}, "refuted"),
    ("C4", {"twins": gates(stepping="different")}, "supported"),
    ("C5", {"twins": gates(branching="bit-equal", attentive="bit-equal", regularized="bit-equal")}, "refuted"),
    ("C5", {"twins": gates(branching="bit-equal", attentive="different", regularized="bit-equal")}, "mixed"),
    ("C5", {"twins": gates(branching="bit-equal")}, "inconclusive"),
    ("C6", {"twins": gates(conditional="bit-equal")}, "refuted"),
    ("C7", {"twins": gates(dynamic="not measured")}, "inconclusive"),
    ("C8", {"faults": faults(a=("construct", "first step"), b=("never", "never"))}, "supported"),
    ("C8", {"faults": faults(a=("construct", "construct"))}, "refuted"),
    ("C8", {"faults": faults(a=("construct", "never"), b=("never", "compile"))}, "mixed"),
    ("C9", {"serialization": kept(keras=("equal", "load fails", "load fails"))}, "supported"),
    ("C9", {"serialization": kept(keras=("equal", "close", "load fails"))}, "refuted"),
    ("C9", {"serialization": kept(a=("equal", "load fails", "equal"), b=("save fails", "equal", "equal"))}, "mixed"),
    ("C9", {"serialization": kept(onnx=("not available",) * 3)}, "inconclusive"),
    ("C10", {"pitfalls": [pitfall("nested_list", "silently wrong")]}, "supported"),
    ("C10", {"pitfalls": [pitfall("nested_list", "as expected")]}, "refuted"),
    ("C10", {"pitfalls": [pitfall("nested_list", "error"), pitfall("nested_list", "as expected", "f")]}, "mixed"),
    ("C11", printed("as expected", "as expected"), "supported"),
    ("C11", printed("as expected", "error"), "refuted"),
    ("C12", {"twins": learned("equal"), "timing": timed("equivalent")}, "supported"),
    ("C12", {"twins": learned("equal"), "timing": timed("faster")}, "mixed"),
    ("C12", {"twins": learned("inconclusive"), "timing": timed("slower")}, "refuted"),
    ("C12", {"twins": learned("equal"), "timing": timed("undecided")}, "inconclusive"),
    ("C12", {"twins": learned("equal")}, "inconclusive"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "rows", "expected"), CASES)
def test_each_rule(claim: str, rows: dict[str, Any], expected: str) -> None:
    assert verdicts(**rows)[claim] == expected


def test_every_claim_says_what_it_rests_on_and_what_would_change_it() -> None:
    for claim in CLAIMS:
        assert set(claim.evidence) <= set(COLUMNS)
        assert claim.rule and claim.would_change and claim.wording.endswith(".")


def test_a_subclass_that_itself_fails_decides_nothing() -> None:
    failed = {**HERE, "twin": "stepping", "style": "subclassed", "status": "failed"}
    assert verdicts(twins=gates(stepping="failed"), identity=[failed])["C4"] == "inconclusive"


def test_the_answer_advises_against_a_subclass_where_the_tables_do() -> None:
    against = told(serialization=kept(keras=("equal", "load fails", "load fails")))
    assert "it needs more care to keep" in against["choice"]
    assert "from keras only that is read" in against["keeping"]
    assert "then none of 1 operations" in against["care"]


def test_the_answer_is_another_where_the_tables_are() -> None:
    for_both = told(serialization=kept(keras=("equal", "equal", "equal")))
    assert "nothing measured here speaks against a subclass" in for_both["choice"]
    assert "Both styles are loaded without their code from keras" in for_both["keeping"]


def test_speed_is_told_where_all_twins_agree() -> None:
    assert "is called on one sample (0.87) faster" in told(timing=timed("faster"))["speed"]
    assert "speed" not in told(timing=[*timed("faster"), *timed("slower")])
