"""Each claim is judged from the tables by its rule; without evidence it is inconclusive."""

import re
from typing import Any

import pandas as pd
import pytest

from tests.conftest import REPOSITORY
from twinproof.analysis.columns import COLUMNS, make_table
from twinproof.analysis.verdicts.answer import advice_rows
from twinproof.analysis.verdicts.claims import CLAIMS, claim_rows
from twinproof.analysis.verdicts.pitfalls import KEPT_LISTS, TRAINED_LISTS
from twinproof.analysis.words import Verdict
from twinproof.base.styles import INGREDIENTS

TITLE_ABOUT_LISTS = r"^TITLE = .*(\blist\b|attribute named _?layers)"
HERE = {"environment": "e", "replicate": 0}


def tables(**rows: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    """Return every table, empty except for the given rows."""
    return {name: pd.DataFrame(rows.get(name, []), columns=columns) for name, columns in COLUMNS.items()}


def verdicts(**rows: list[dict[str, Any]]) -> dict[str, str]:
    return {row.claim: row.verdict for row in claim_rows(tables(**rows))}


def told(**rows: list[dict[str, Any]]) -> dict[str, str]:
    """Return the answer by topic."""
    made = tables(**rows)
    made["claims"] = make_table("claims", claim_rows(made))
    return {row.topic: row.sentence for row in advice_rows(made)}


def code(functional: int, subclassed: int, *twins: str, classes: int = 0) -> list[dict[str, Any]]:
    """Return the code sizes of some twins' styles, which differ only in lines and in model classes."""
    alike = {"branches": 0, "names": 9, "definitions": 1}
    return [
        {"twin": twin, "style": way, "lines": lines, **alike, "model_classes": count}
        for twin in twins or ("simple", "conditional")
        for way, lines, count in (("functional", functional, classes), ("subclassed", subclassed, 1))
    ]


def gates(environment: str = "e", **outcomes: str) -> list[dict[str, Any]]:
    return [
        {"environment": environment, "twin": twin, "gate": gate, "control": "bit-equal", "verdict": "not judged"}
        for twin, gate in outcomes.items()
    ]


def ran(twin: str, **statuses: str) -> list[dict[str, Any]]:
    """Return how the styles of a twin ran when its identity was measured."""
    return [{**HERE, "twin": twin, "style": style, "status": status} for style, status in statuses.items()]


def faults(**stages: tuple[str, str]) -> list[dict[str, Any]]:
    """Return the stages at which functional and subclassed report mistakes, each of its own kind, by an error."""
    return [
        {
            **HERE,
            "twin": "simple",
            "style": style,
            "fault": fault,
            "mechanism": fault,
            "about_style": True,
            "caught": "silence" if stage == "never" else "error",
            "stage": stage,
            "names_culprit": stage == "construct",
        }
        for fault, pair in stages.items()
        for style, stage in zip(("functional", "subclassed"), pair, strict=True)
    ]


def kept(twin: str = "dynamic", **outcomes: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [
        {
            **HERE,
            "twin": twin,
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


def looked_at(**outcomes: tuple[str, str]) -> list[dict[str, Any]]:
    """Return what checks found in a built model, functional and subclassed."""
    return [
        {
            **HERE,
            "twin": "simple",
            "style": style,
            "when": "built",
            "check": check,
            "mechanism": check,
            "outcome": outcome,
        }
        for check, pair in outcomes.items()
        for style, outcome in zip(("functional", "subclassed"), pair, strict=True)
    ]


def exchanged(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with functional and subclassed exchanged."""
    other = {"functional": "subclassed", "subclassed": "functional"}
    return [{**row, "style": other.get(row["style"], row["style"])} for row in rows]


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
    assert list(verdicts()) == [*(f"C{number}" for number in range(1, 12)), "Q1"]
    assert told() == {}


ONE = gates(simple="bit-equal", conditional="bit-equal", dynamic="bit-equal")
ALL_RUN = printed("as expected", "as expected")
SOME_RUN = [
    pitfall("dropout_made_in_call", "as expected"),
    pitfall("dropout_made_in_call", "error", "f"),
    pitfall("layers_attribute", "as expected"),
]
APART = [{**HERE, "twin": "t", "style": "subclassed", "difference_low": 0.001, "difference_high": 0.002}]
TOGETHER = [{**APART[0], "difference_low": -0.001}]
SHAPED = ran("shaped", subclassed="ok")
RUN = ran("branching", functional="ok", subclassed="ok")
FAILED = {"environment": "f", "replicate": 0, "twin": "branching", "status": "failed"}
UNUSUAL = {"branching": "bit-equal", "attentive": "bit-equal", "regularized": "bit-equal"}
NONE = dict.fromkeys(UNUSUAL, "different")
IN_BOTH = [pitfall("cond_in_a_graph", "as expected"), pitfall("cond_in_a_class", "as expected")]
IN_A_CLASS = [pitfall("cond_in_a_graph", "error"), pitfall("cond_in_a_class", "as expected")]
IN_NEITHER = [pitfall("cond_in_a_graph", "error"), pitfall("cond_in_a_class", "error")]
LATE = faults(a=("construct", "never"), b=("construct", "first step"), c=("later", "later"))
# Only the class reports nine of ten cases of one kind; only functional reports the single case of another kind.
OFTEN = faults(**{f"case {number}": ("never", "construct") for number in range(9)})
ONE_KIND = [row | {"mechanism": "one"} for row in OFTEN] + faults(other=("construct", "never"))
SEEN = looked_at(a=("works", "fails"), b=("works", "works"))
AT_ONCE = {f"at once {number}": ("later", "later") for number in range(28)}
SOONER = faults(a=("construct", "never"), b=("later", "compile"), c=("later", "compile")) + faults(**AT_ONCE)[:6]
MANY = faults(a=("construct", "never"), b=("construct", "never"), c=("later", "compile"), **AT_ONCE)
WARNED = [row | ({"caught": "warning"} if row["caught"] == "error" else {}) for row in LATE]
ALIKE = faults(a=("construct", "construct"))
LOST = kept(keras=("equal", "load fails", "load fails"), h5=("equal", "equal", "equal"))
NOT_LOST = kept("simple", keras=("equal", "equal", "load fails"))
WELL = [pitfall(name, "as expected") for name in ("layers_attribute", "nested_list")]
ILL = [pitfall("layers_attribute", "error"), pitfall("nested_list", "silently wrong")]

# For each claim, tables on which it is supported, refuted and mixed, and some that do not suffice.
CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("C1", "supported", {"code": code(5, 8)}),
    ("C1", "refuted", {"code": code(8, 5)}),
    ("C1", "mixed", {"code": code(8, 8)}),
    # Of 40 lines, 3 are not notable.
    ("C1", "mixed", {"code": code(40, 43)}),
    ("C1", "supported", {"code": code(40, 45)}),
    # The tenth is of the larger count, and one line of ten is a tenth.
    ("C1", "mixed", {"code": code(40, 44)}),
    ("C1", "supported", {"code": code(9, 10)}),
    ("C1", "supported", {"code": code(2, 4)}),
    ("C1", "inconclusive", {"code": [row for row in code(5, 8) if row["style"] == "functional"]}),
    ("C1", "inconclusive", {"code": [row for row in code(5, 8) if row["style"] == "subclassed"]}),
    ("C1", "mixed", {"code": [*code(5, 8, "simple"), *code(8, 5, "conditional")]}),
    ("C1", "mixed", {"code": [row | {"names": 20 - row["lines"]} for row in code(5, 9)]}),
    ("C1", "inconclusive", {"code": code(5, 8, "simple")}),
    # The care in a class is not counted if there is a class without it.
    ("C1", "mixed", {"code": [*code(8, 20), *(row | {"style": "naive", "lines": 8} for row in code(8, 20)[::2])]}),
    ("C2", "supported", {"identity": SHAPED}),
    ("C2", "inconclusive", {"identity": ran("shaped", functional="ok")}),
    # A class that fails on one seed does not run.
    ("C2", "refuted", {"identity": [*SHAPED, {**SHAPED[0], "replicate": 1, "status": "failed"}]}),
    ("C2", "refuted", {"identity": ran("shaped", subclassed="failed", functional="ok")}),
    ("C2", "mixed", {"identity": [*SHAPED, {**SHAPED[0], "environment": "f", "status": "failed"}]}),
    ("C3", "supported", {"identity": RUN, "code": code(20, 15, "branching")}),
    ("C3", "refuted", {"identity": RUN, "code": code(15, 20, "branching")}),
    ("C3", "mixed", {"identity": RUN, "code": code(20, 20, "branching")}),
    (
        "C3",
        "supported",
        {"identity": ran("branching", functional="failed", subclassed="ok"), "code": code(9, 20, "branching")},
    ),
    (
        "C3",
        "refuted",
        {"identity": ran("branching", functional="ok", subclassed="failed"), "code": code(20, 9, "branching")},
    ),
    ("C3", "inconclusive", {"identity": RUN}),
    ("C3", "inconclusive", {"identity": RUN, "code": code(9, 9, "branching")[:1]}),
    ("C3", "inconclusive", {"identity": RUN, "code": code(9, 9, "branching")[1:]}),
    # A style that fails anywhere does not take a custom layer.
    ("C3", "refuted", {"identity": [*RUN, FAILED | {"style": "subclassed"}], "code": code(20, 9, "branching")}),
    ("C3", "supported", {"identity": [*RUN, FAILED | {"style": "functional"}], "code": code(9, 20, "branching")}),
    ("C3", "inconclusive", {"code": code(20, 15, "branching")}),
    ("C4", "supported", {"twins": gates(stepping="different"), "code": code(9, 9, "stepping")}),
    ("C4", "refuted", {"twins": gates(stepping="within rounding"), "code": code(9, 9, "stepping")}),
    ("C4", "mixed", {"twins": gates(stepping="bit-equal"), "code": code(9, 9, "stepping", classes=1)}),
    ("C4", "supported", {"twins": gates(stepping="different"), "code": code(9, 9, "stepping", classes=1)}),
    ("C4", "inconclusive", {"twins": gates(stepping="bit-equal")}),
    # A graph that differs from itself says nothing about a class.
    (
        "C4",
        "inconclusive",
        {"twins": [gates(stepping="different")[0] | {"control": "different"}], "code": code(9, 9, "stepping")},
    ),
    ("C5", "supported", {"twins": gates(**NONE), "pitfalls": IN_A_CLASS}),
    ("C5", "refuted", {"twins": gates(**UNUSUAL), "pitfalls": IN_BOTH}),
    ("C5", "mixed", {"twins": gates(**UNUSUAL), "pitfalls": IN_A_CLASS}),
    ("C5", "mixed", {"twins": gates(**UNUSUAL | {"attentive": "different"}), "pitfalls": IN_BOTH}),
    ("C5", "mixed", {"twins": gates(**NONE), "pitfalls": IN_BOTH}),
    # What neither style can do does not decide between them.
    ("C5", "inconclusive", {"twins": gates(**UNUSUAL), "pitfalls": IN_NEITHER}),
    ("C5", "inconclusive", {"twins": gates(branching="bit-equal"), "pitfalls": IN_BOTH}),
    ("C5", "inconclusive", {"twins": gates(attentive="bit-equal", regularized="bit-equal"), "pitfalls": IN_BOTH}),
    ("C5", "inconclusive", {"twins": gates(**UNUSUAL), "pitfalls": IN_BOTH[:1]}),
    ("C5", "mixed", {"twins": gates(**UNUSUAL), "pitfalls": [*IN_BOTH, IN_A_CLASS[0] | {"replicate": 1}]}),
    ("C6", "supported", {"twins": gates(conditional="different")}),
    ("C6", "refuted", {"twins": gates(conditional="bit-equal")}),
    ("C6", "mixed", {"twins": [*gates(conditional="bit-equal"), *gates("f", conditional="different")]}),
    # If the class fails, there is nothing to write a counterpart of.
    ("C6", "inconclusive", {"twins": gates(conditional="failed"), "identity": ran("conditional", subclassed="failed")}),
    ("C7", "supported", {"twins": gates(dynamic="different"), "code": code(9, 9, "dynamic")}),
    ("C7", "supported", {"twins": gates(dynamic="bit-equal"), "code": code(15, 10, "dynamic")}),
    ("C7", "refuted", {"twins": gates(dynamic="bit-equal"), "code": code(14, 10, "dynamic")}),
    (
        "C7",
        "mixed",
        {"twins": [*gates(dynamic="bit-equal"), *gates("f", dynamic="different")], "code": code(9, 9, "dynamic")},
    ),
    (
        "C7",
        "mixed",
        {"twins": [*gates(dynamic="bit-equal"), *gates("f", dynamic="different")], "code": code(99, 9, "dynamic")},
    ),
    ("C7", "inconclusive", {"twins": gates(dynamic="not measured"), "code": code(9, 9, "dynamic")}),
    ("C7", "inconclusive", {"twins": gates(dynamic="bit-equal")}),
    ("C7", "inconclusive", {"twins": gates(dynamic="not measured"), "code": code(99, 9, "dynamic")}),
    ("C7", "supported", {"twins": gates(dynamic="different"), "code": code(99, 9, "dynamic")}),
    ("C8", "supported", {"twins": ONE, "faults": LATE, "introspection": SEEN}),
    ("C8", "refuted", {"twins": ONE, "faults": exchanged(LATE), "introspection": exchanged(SEEN)}),
    ("C8", "mixed", {"twins": ONE, "faults": LATE, "introspection": exchanged(SEEN)}),
    ("C8", "mixed", {"twins": ONE, "faults": ALIKE, "introspection": SEEN}),
    # Kinds count, not cases.
    ("C8", "mixed", {"twins": ONE, "faults": ONE_KIND, "introspection": SEEN}),
    # What both report at once is neither later nor earlier.
    ("C8", "mixed", {"twins": ONE, "faults": SOONER, "introspection": SEEN}),
    ("C8", "mixed", {"twins": ONE, "faults": exchanged(SOONER), "introspection": exchanged(SEEN)}),
    # One more kind out of 31 is not notable.
    ("C8", "mixed", {"twins": ONE, "faults": MANY, "introspection": SEEN}),
    # A warning is a catch.
    ("C8", "supported", {"twins": ONE, "faults": WARNED, "introspection": SEEN}),
    ("C8", "inconclusive", {"twins": ONE, "faults": LATE}),
    ("C8", "inconclusive", {"twins": ONE, "introspection": SEEN}),
    ("C8", "inconclusive", {"twins": gates(simple="different"), "faults": LATE, "introspection": SEEN}),
    (
        "C8",
        "inconclusive",
        {"twins": ONE, "faults": [row | {"ended": "timed out"} for row in LATE], "introspection": SEEN},
    ),
    ("C9", "supported", {"twins": ONE, "serialization": LOST + NOT_LOST}),
    (
        "C9",
        "refuted",
        {
            "twins": ONE,
            "serialization": kept(keras=("load fails", "equal", "equal"))
            + kept("simple", keras=("equal", "equal", "equal")),
        },
    ),
    # It takes care, but no more with dynamically made layers than without.
    ("C9", "mixed", {"twins": ONE, "serialization": LOST + [row | {"twin": "simple"} for row in LOST]}),
    ("C9", "mixed", {"twins": ONE, "serialization": kept(keras=("equal",) * 3) + kept("simple", keras=("equal",) * 3)}),
    ("C9", "inconclusive", {"twins": ONE, "serialization": LOST}),
    ("C9", "inconclusive", {"twins": ONE, "serialization": kept(onnx=("not available",) * 3)}),
    ("C9", "inconclusive", {"twins": ONE, "serialization": kept(onnx=("equal", "timed out", "equal"))}),
    ("C9", "inconclusive", {"serialization": LOST + NOT_LOST}),
    ("C10", "supported", {"twins": gates(dynamic="different"), "pitfalls": ILL}),
    ("C10", "refuted", {"twins": ONE, "pitfalls": WELL}),
    ("C10", "mixed", {"twins": ONE, "pitfalls": ILL}),
    ("C10", "mixed", {"twins": gates(dynamic="different"), "pitfalls": WELL}),
    ("C10", "inconclusive", {"pitfalls": WELL}),
    ("C10", "inconclusive", {"twins": ONE, "pitfalls": WELL[:1]}),
    ("C10", "inconclusive", {"twins": ONE, "pitfalls": WELL[1:]}),
    ("C11", "supported", printed("as expected", "as expected")),
    ("C11", "supported", {**ALL_RUN, "pitfalls": [*ALL_RUN["pitfalls"], pitfall("nested_list", "error")]}),
    ("C11", "refuted", {**ALL_RUN, "identity": [*ALL_RUN["identity"], ran("simple", sequential="failed")[0]]}),
    ("C11", "refuted", printed("as expected", "error")),
    ("C11", "mixed", printed("as expected", "as expected") | {"pitfalls": [*SOME_RUN]}),
    ("C11", "inconclusive", {"identity": printed("as expected", "as expected")["identity"]}),
    ("Q1", "supported", {"twins": learned("equal"), "timing": timed("equivalent")}),
    ("Q1", "supported", {"twins": learned("inconclusive"), "accuracy": TOGETHER, "timing": timed("equivalent")}),
    ("Q1", "refuted", {"twins": learned("inconclusive"), "timing": timed("slower"), "accuracy": APART}),
    ("Q1", "mixed", {"twins": learned("equal"), "timing": timed("faster")}),
    ("Q1", "mixed", {"twins": learned("inconclusive"), "timing": timed("equivalent"), "accuracy": APART}),
    ("Q1", "mixed", {"twins": learned("equal"), "timing": [*timed("faster"), *timed("equivalent")]}),
    ("Q1", "inconclusive", {"twins": learned("equal"), "timing": timed("undecided")}),
    ("Q1", "inconclusive", {"twins": learned("equal"), "timing": [*timed("equivalent"), *timed("no verdict")]}),
    ("Q1", "inconclusive", {"twins": learned("equal")}),
    ("Q1", "inconclusive", {"timing": timed("equivalent")}),
]


@pytest.mark.parametrize(("claim", "expected", "rows"), CASES)
def test_each_rule(claim: str, expected: str, rows: dict[str, Any]) -> None:
    assert verdicts(**rows)[claim] == expected


@pytest.mark.parametrize("claim", [claim.name for claim in CLAIMS])
def test_each_verdict_can_come_out(claim: str) -> None:
    assert {expected for name, expected, _ in CASES if name == claim} == set(Verdict)
    assert verdicts()[claim] == Verdict.INCONCLUSIVE


OPPOSITE = {"supported": "refuted", "refuted": "supported"}


@pytest.mark.parametrize(
    ("claim", "expected", "rows"),
    [case for case in CASES if case[0] in ("C1", "C3", "C8") and "naive" not in str(case[2])],
)
def test_rules_that_compare_the_styles_favour_neither(claim: str, expected: str, rows: dict[str, Any]) -> None:
    """With the styles exchanged, what was supported is refuted."""
    other = {name: found if name == "twins" else exchanged(found) for name, found in rows.items()}
    assert verdicts(**other)[claim] == OPPOSITE.get(expected, expected)


def test_every_pitfall_about_lists_counts() -> None:
    catalogue = (REPOSITORY / "src/twinproof/measured/pitfalls/dynamic").glob("*.py")
    about = {path.stem for path in catalogue if re.search(TITLE_ABOUT_LISTS, path.read_text(), re.M)}
    assert about == {*TRAINED_LISTS, *KEPT_LISTS}


def test_every_claim_says_what_it_rests_on_and_what_would_change_it() -> None:
    for claim in CLAIMS:
        assert set(claim.evidence) <= set(COLUMNS)
        assert claim.rule and claim.would_change and claim.wording.endswith(".")


def test_the_answer_advises_against_a_subclass_where_the_tables_do() -> None:
    against = told(twins=ONE, serialization=LOST + NOT_LOST)
    assert "unless you have a reason to subclass: a subclass needs more care to keep." in against["choice"]
    kept_alone = kept(keras=("equal", "load fails", "load fails"))
    said = told(serialization=kept_alone)["keeping"]
    assert "keras loads a functional model of Keras's own layers in every environment, and a subclass in none." in said


def test_the_answer_says_what_care_does_from_none_to_all_of_it() -> None:
    none, most, other, whole = (False,) * 4, (True, True, True, False), (False, True, True, True), (True,) * 4
    bad, good = "load fails", "equal"
    table = written({none: (bad, bad), most: (good, bad), other: (bad, bad, "not available"), whole: (good, good)})
    same = written({none: (good, bad), whole: (bad, good)}, "f")
    assert told(ingredients=[*table, *same])["care"].endswith(
        "copying that work for dynamic: of 2 in e, 0 with none of these, 0 to 1 with all except one and 2 with all; of "
        "2 in f, 1 with any of these or none."
    )
    assert told(ingredients=table)["care"].startswith("If you subclass, take **kwargs")
    assert told(ingredients=same)["care"].startswith("If you subclass, it does not matter whether you take **kwargs")


def test_the_answer_differs_where_the_tables_differ() -> None:
    same = kept(keras=("equal", "equal", "equal"))
    both = told(twins=ONE, serialization=same + [row | {"twin": "simple"} for row in same])
    assert "Write the style that you find clearer" in both["choice"]
    assert "Without its code, keras loads a model of either style." in both["keeping"]
    assert "choice" not in told(twins=ONE, serialization=same)


def test_a_format_that_never_loads_without_code_is_not_named() -> None:
    assert "keeping" not in told(twins=ONE, serialization=kept(keras=("load fails", "load fails", "load fails")))
    elsewhere = [{**row, "environment": "f"} for row in kept(keras=("equal", "equal", "equal"))]
    here = kept(keras=("equal", "load fails", "load fails"))
    assert "keeping" not in told(twins=ONE, serialization=[*here, *elsewhere])


def test_speed_is_reported_where_all_twins_agree() -> None:
    assert "a subclassed model is faster to call eagerly (0.87) (the ratio" in told(timing=timed("faster"))["speed"]
    some = [*timed("faster"), *timed("slower"), *({**row, "quantity": "save"} for row in timed("equivalent"))]
    assert "is as fast to save (0.87) (the ratio" in told(timing=some)["speed"]
    assert "not the same in all twins: to call eagerly." in told(timing=some)["speed"]
    assert "speed" not in told(timing=[*timed("faster"), *timed("slower")])


def test_exchange_counts_what_another_version_reads() -> None:
    table = [row | {"writer": writer} for row in kept(keras=("equal", "load fails", "equal")) for writer in ("e", "f")]
    assert told(exchange=table)["exchange"].endswith(
        "reads 1 of 1 functional and 0 of 1 subclassed ones with equal results."
    )
    assert "exchange" not in told(exchange=[row for row in table if row["writer"] == "e"])
