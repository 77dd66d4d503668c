"""When to use which style: a short text that follows from the tables, each sentence with what it rests on.

What was not measured is not spoken of.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from twinproof.analysis.verdicts.weighing import Tables
from twinproof.analysis.words import RIGHT, Kept, LearningVerdict, PitfallOutcome, TimingVerdict, Verdict
from twinproof.base.styles import INGREDIENTS

# As a reader would say them, after "a subclassed model is as fast ...".
_QUANTITIES = {
    "first_result": "to its first result", "make": "to make", "train_step": "to train",
    "cold_predict": "to predict first", "predict": "to predict batches", "predict_one": "to predict one sample",
    "call": "to call eagerly", "compiled_call": "to call when compiled", "save": "to save", "load": "to load",
}  # fmt: skip
_LOUD = (PitfallOutcome.ERROR, PitfallOutcome.LOUD, PitfallOutcome.CRASHED, PitfallOutcome.TIMED_OUT)
_WITHOUT_CODE = "fresh process, no code"


@dataclass(frozen=True, kw_only=True)
class AdviceRow:
    """A sentence of the answer, and the tables that it rests on, as JSON."""

    topic: str
    sentence: str
    evidence: str


def advice_rows(tables: Tables) -> Iterator[AdviceRow]:
    """Yield the sentences of the answer in their order; the last says what they rest on."""
    said = False
    for topic, tell, evidence in (
        ("choice", _choice, ("claims",)),
        ("accuracy", _accuracy, ("twins", "accuracy")),
        ("speed", _speed, ("timing",)),
        ("keeping", _keeping, ("serialization",)),
        ("care", _care, ("ingredients",)),
        ("mistakes", _mistakes, ("faults", "claims")),
        ("reach", _reach, ("claims", "identity")),
        ("pitfalls", _pitfalls, ("pitfalls",)),
    ):
        if sentence := tell(tables):
            said = True
            yield AdviceRow(topic=topic, sentence=sentence, evidence=json.dumps(evidence))
    if said and (sentence := _scope(tables)):
        yield AdviceRow(topic="scope", sentence=sentence, evidence=json.dumps(("trials",)))


def _choice(tables: Tables) -> str | None:
    verdicts = _verdicts(tables)
    reasons = {"C9": "it needs more care to keep", "C8": "it is harder to debug", "C1": "it takes more code"}
    known = {claim: verdicts[claim] for claim in reasons if verdicts[claim] != Verdict.INCONCLUSIVE}
    if "C9" not in known:
        return None
    against = [reasons[claim] for claim, verdict in known.items() if verdict == Verdict.SUPPORTED]
    if against:
        return f"Write the functional style unless you have a reason to subclass: {_listed(against)}."
    return (
        "Write the style that you find clearer: of the reasons against a subclass, care in keeping it, debugging and "
        "code, none was supported in all its parts."
    )


def _accuracy(tables: Tables) -> str | None:
    judged = tables["twins"][tables["twins"]["verdict"].ne(LearningVerdict.NOT_JUDGED)]
    if judged.empty:
        return None
    equal = int(judged["verdict"].eq(LearningVerdict.EQUAL).sum())
    where = f"{_of(equal, len(judged))} pairs of twin and environment"
    if equal < len(judged):
        return f"In {where} the styles learn the same to the last bit; see the accuracies of the others."
    alone = int(judged["seed_alone"].eq(judged["gate_seeds"]).sum())
    return (
        f"The style does not matter to what these networks learn: from the same initial weights, in {where} all "
        f"weights end equal to the last bit; so they do in {_of(alone, len(judged))} where only the seed is set."
    )


def _speed(tables: Tables) -> str | None:
    """Name each quantity on which all twins agree; which these are, the study decides."""
    timing = tables["timing"]
    rows = timing[(timing["style"] == "subclassed") & timing["quantity"].isin(_QUANTITIES)]
    parts: dict[str, list[str]] = {"as fast": [], TimingVerdict.FASTER: [], TimingVerdict.SLOWER: []}
    others = []
    for quantity, done in _QUANTITIES.items():
        found = rows[rows["quantity"] == quantity]
        kinds = set(found["verdict"])
        kind = {TimingVerdict.EQUIVALENT: "as fast"}.get(*kinds, *kinds) if len(kinds) == 1 else ""
        if kind in parts:
            ratios = found["ratio"]
            parts[kind].append(f"{done} ({_range(ratios.min(), ratios.max())})")
        elif len(found):
            others.append(done)
    told = [f"{kind} {_listed(done)}" for kind, done in parts.items() if done]
    if not told:
        return None
    sentence = (
        f"Against functional, a subclassed model is {'; '.join(told)}; in brackets the ratios of time in all twins."
    )
    return f"{sentence} Undecided, or not the same in all twins: {_listed(others)}." if others else sentence


def _keeping(tables: Tables) -> str | None:
    cells = tables["serialization"]
    elsewhere = cells[(cells["place"] == _WITHOUT_CODE) & (cells["outcome"] != Kept.NOT_AVAILABLE)]
    if not {"functional", "subclassed"} <= set(elsewhere["style"]):
        return None
    right: dict[str, dict[str, set[bool]]] = {}
    for row in elsewhere.to_dict("records"):
        right.setdefault(row["operation"], {}).setdefault(row["style"], set()).add(row["outcome"] in RIGHT)
    always = {name: styles.get("subclassed") for name, styles in right.items() if styles.get("functional") == {True}}
    never = [name for name, found in always.items() if found == {False}]
    both = [name for name, found in always.items() if found == {True}]
    missing = set(cells.loc[cells["outcome"] == Kept.NOT_AVAILABLE, "operation"])
    either = f"{_listed(both)} hold either{' where they can be written' if missing & set(both) else ''}" if both else ""
    if not never:
        return f"Both styles are loaded without their code from {_listed(both)}." if both else None
    return (
        f"For a model that others load without your code, do not subclass: from {_listed(never)} a functional model is "
        "read in every environment, and a subclass in none" + (f"; {either}." if both else ".")
    )


def _care(tables: Tables) -> str | None:
    cells = tables["ingredients"]
    known = cells[~cells["outcome"].isin([Kept.NOT_AVAILABLE, Kept.TIMED_OUT])]
    if known.empty:
        return None
    has = list(INGREDIENTS)
    counted = known.assign(right=known["outcome"].isin(RIGHT)).groupby(["environment", *has], sort=False)["right"]
    sets = counted.agg(right="sum", of="size").reset_index()
    parts, matters = [], False
    for environment, found in sets.groupby("environment", sort=False):
        by_count = found["right"].groupby(found[has].astype(int).sum(axis=1)).agg(["min", "max"])
        where = f"of {found['of'].max()} in {environment}"
        if found["right"].nunique() == 1:
            parts.append(f"{where}, {found['right'].max()} with any of these or none")
            continue
        matters = True
        told = [
            f"{_span(*by_count.loc[count])} with {which}"
            for count, which in ((0, "none of these"), (len(has) - 1, "all but one"), (len(has), "all"))
            if count in by_count.index
        ]
        parts.append(f"{where}, {_listed(told)}")
    care = "take **kwargs, register the class, tell its config and have it build itself"
    advice = f"If you subclass, {care}." if matters else f"If you subclass, it is no matter whether you {care}."
    return f"{advice} Of the operations of keeping and copying there go well: {'; '.join(parts)}."


def _mistakes(tables: Tables) -> str | None:
    claim = tables["claims"].set_index("claim").loc["C8"]
    return None if claim["verdict"] == Verdict.INCONCLUSIVE else f"Planted mistakes: {claim['figures']}."


def _reach(tables: Tables) -> str | None:
    verdicts = _verdicts(tables)
    names = [name for name in ("C5", "C6", "C7") if verdicts[name] == Verdict.REFUTED]
    if not names:
        return None
    if len(names) < 3:
        return f"Some of what is said to need a subclass has a functional counterpart ({', '.join(names)} are refuted)."
    return (
        "What is said to need a subclass has a functional counterpart that is the same network: branches, attention, "
        "inner losses and a chosen depth are no reason by themselves, though a layer class of your own may be."
    )


def _pitfalls(tables: Tables) -> str | None:
    rows = tables["pitfalls"]
    if rows.empty:
        return None
    parts = []
    for environment, found in rows.groupby("environment", sort=False):
        silent = int(found["outcome"].eq(PitfallOutcome.SILENT).sum())
        loud = int(found["outcome"].isin(_LOUD).sum())
        missing = int(found["outcome"].eq(PitfallOutcome.NOT_AVAILABLE).sum())
        without = f", where {missing} need what is not installed" if missing else ""
        parts.append(f"{silent} silent and {loud} loud in {environment}{without}")
    return f"Of {rows['pitfall'].nunique()} pitfalls that users report, there are {_listed(parts)}."


def _scope(tables: Tables) -> str | None:
    """Say what was measured, which is all that the other sentences speak of."""
    trials = tables["trials"]
    if trials.empty:
        return None
    threads = sorted(trials["threads"].unique())
    return (
        f"All of this was measured on MNIST with {_listed(list(trials['twin'].unique()))}, in Keras "
        f"{_listed(list(trials['keras'].unique()))} on {_listed(_backends(trials))}, on "
        f"{_listed(sorted(trials['device'].unique()))}, "
        f"with {_listed([str(count) for count in threads])} {'thread' if threads == [1] else 'threads'} a process; of "
        "other networks, backends and devices it says nothing."
    )


def _backends(trials: pd.DataFrame) -> list[str]:
    """Return the backends of Keras in trials, without their versions."""
    titles = [str(backend).rpartition(" ")[0] for backend in trials["backend"].dropna().unique()]
    return list(dict.fromkeys(titles)) or ["an unknown backend"]


def _verdicts(tables: Tables) -> dict[str, str]:
    return dict(zip(tables["claims"]["claim"], tables["claims"]["verdict"], strict=True))


def _of(count: int, total: int) -> str:
    return f"all {total}" if count == total else f"{count or 'none'} of {total}"


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def _range(low: float, high: float) -> str:
    return f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
