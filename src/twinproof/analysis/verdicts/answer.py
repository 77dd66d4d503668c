"""The answer of a study: a short text that follows from the tables, each sentence with what it rests on.

The first lines are for everyone; the others go to one kind of reader each. What was not measured is left out.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from twinproof.analysis.verdicts.headline import headline, listed, loads, without_code
from twinproof.analysis.verdicts.weighing import Tables
from twinproof.analysis.words import RIGHT, Kept, LearningVerdict, PitfallOutcome, Reader, TimingVerdict, Verdict
from twinproof.base.numbers import counted
from twinproof.base.styles import INGREDIENTS

# The endings of "a subclassed model is as fast ...".
_QUANTITIES = {
    "first_result": "to its first result", "make": "to make", "train_step": "to train",
    "cold_predict": "to predict first", "predict": "to predict batches", "predict_one": "to predict one sample",
    "call": "to call eagerly", "compiled_call": "to call when compiled", "save": "to save", "load": "to load",
}  # fmt: skip
# The topic of the sentence that says what the others rest on.
SCOPE = "scope"
_BOTH = ("functional", "subclassed")
_LOUD = (PitfallOutcome.ERROR, PitfallOutcome.LOUD, PitfallOutcome.CRASHED, PitfallOutcome.TIMED_OUT)


@dataclass(frozen=True, kw_only=True)
class AdviceRow:
    """A sentence of the answer, whom it is for, and the tables that it rests on, as JSON."""

    reader: Reader
    topic: str
    sentence: str
    evidence: str


def advice_rows(tables: Tables) -> Iterator[AdviceRow]:
    """Yield the sentences of the answer in their order; the last says what they rest on."""
    rows = [
        AdviceRow(reader=Reader.EVERYONE, topic=line.topic, sentence=line.sentence, evidence=json.dumps(line.evidence))
        for line in headline(tables)
    ]
    for reader, topic, write, evidence in (
        (Reader.CHOOSING, "choice", _choice, ("claims",)),
        (Reader.CHOOSING, "accuracy", _accuracy, ("twins", "accuracy")),
        (Reader.CHOOSING, "speed", _speed, ("timing",)),
        (Reader.CHOOSING, "reach", _reach, ("claims", "identity")),
        (Reader.KEEPING, "keeping", _keeping, ("serialization",)),
        (Reader.KEEPING, "care", _care, ("ingredients",)),
        (Reader.MIGRATING, "exchange", _exchange, ("exchange",)),
        (Reader.DEBUGGING, "mistakes", _mistakes, ("faults", "claims")),
        (Reader.DEBUGGING, "pitfalls", _pitfalls, ("pitfalls",)),
    ):
        if sentence := write(tables):
            rows.append(AdviceRow(reader=reader, topic=topic, sentence=sentence, evidence=json.dumps(evidence)))
    yield from rows
    if rows and (sentence := _scope(tables)):
        yield AdviceRow(reader=Reader.EVERYONE, topic=SCOPE, sentence=sentence, evidence=json.dumps(("trials",)))


def lines_for_everyone(answer: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table answer that are its headline."""
    return answer[answer["reader"].eq(Reader.EVERYONE) & answer["topic"].ne(SCOPE)]


def _choice(tables: Tables) -> str | None:
    verdicts = _verdicts(tables)
    reasons = {"C9": "needs more care to keep", "C8": "is harder to debug", "C1": "takes more code"}
    known = {claim: verdicts[claim] for claim in reasons if verdicts[claim] != Verdict.INCONCLUSIVE}
    if "C9" not in known:
        return None
    against = [reasons[claim] for claim, verdict in known.items() if verdict == Verdict.SUPPORTED]
    if against:
        return f"Write the functional style unless you have a reason to subclass: a subclass {listed(against)}."
    return (
        "Write the style that you find clearer: none of the reasons against a subclass (care in keeping it, debugging, "
        "code) was supported in all its parts."
    )


def _accuracy(tables: Tables) -> str | None:
    judged = tables["twins"][tables["twins"]["verdict"].ne(LearningVerdict.NOT_JUDGED)]
    if judged.empty:
        return None
    equal = int(judged["verdict"].eq(LearningVerdict.EQUAL).sum())
    where = f"{_of(equal, len(judged))} pairs of twin and environment"
    if equal < len(judged):
        return f"In {where} the styles learn the same to the last bit; see the accuracies of the others."
    gated = tables["twins"][tables["twins"]["gate_seeds"].gt(0)]
    alone = int(gated["seed_alone"].eq(gated["gate_seeds"]).sum())
    return (
        f"The style does not matter to what these networks learn: from the same initial weights, all weights end equal "
        f"to the last bit in {where}. If only the seed is the same, the weights are equal after the first training "
        f"steps in {_of(alone, len(gated))}."
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
    told = [f"{kind} {listed(done)}" for kind, done in parts.items() if done]
    if not told:
        return None
    where = f"{counted(rows['twin'].nunique(), 'network')} in {listed(list(rows['environment'].unique()))}"
    sentence = f"Compared with functional, a subclassed model is {'; '.join(told)} (the ratio of times; {where})."
    return f"{sentence} Undecided, or not the same in all twins: {listed(others)}." if others else sentence


def _keeping(tables: Tables) -> str | None:
    cells = tables["serialization"]
    never, both = without_code(tables)
    missing = set(cells.loc[cells["outcome"] == Kept.NOT_AVAILABLE, "operation"])
    either = f"{loads(both)} either{' where they can be written' if missing & set(both) else ''}" if both else ""
    if not never:
        return f"Without its code, {loads(both)} a model of either style." if both else None
    return (
        f"If others load your model without your code, do not subclass: {loads(never)} a functional model of Keras's "
        "own layers in every environment, and a subclass in none" + (f"; {either}." if both else ".")
    )


def _care(tables: Tables) -> str | None:
    cells = tables["ingredients"]
    known = cells[~cells["outcome"].isin([Kept.NOT_AVAILABLE, Kept.TIMED_OUT])]
    if known.empty:
        return None
    has = list(INGREDIENTS)
    groups = known.assign(right=known["outcome"].isin(RIGHT)).groupby(["environment", *has], sort=False)["right"]
    sets = groups.agg(right="sum", of="size").reset_index()
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
            for count, which in ((0, "none of these"), (len(has) - 1, "all except one"), (len(has), "all"))
            if count in by_count.index
        ]
        parts.append(f"{where}, {listed(told)}")
    care = "take **kwargs, register the class, return its config and have it build itself"
    advice = f"If you subclass, {care}." if matters else f"If you subclass, it does not matter whether you {care}."
    whose = listed(list(known["twin"].unique()))
    return f"{advice} Operations of saving, loading and copying that work for {whose}: {'; '.join(parts)}."


def _exchange(tables: Tables) -> str | None:
    """Count how many models of one environment another one reads."""
    cells = tables["exchange"]
    read = cells[(cells["outcome"] != Kept.NOT_AVAILABLE) & (cells["writer"] != cells["environment"])]
    right = read["outcome"].isin(RIGHT)
    told = []
    for style in _BOTH:
        own = right[read["style"].eq(style)]
        if own.empty:
            return None
        told.append(f"{int(own.sum())} of {len(own)} {style}")
    return f"Of the models that one version of Keras saved, another reads {listed(told)} ones with equal results."


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
        without = f" ({missing} need what is not installed there)" if missing else ""
        parts.append(f"{silent} silently and {loud} with an error or a warning in {environment}{without}")
    return f"Of {rows['pitfall'].nunique()} pitfalls of the catalogue, these go wrong: {listed(parts)}."


def _scope(tables: Tables) -> str | None:
    """Say what was measured: the other sentences are about nothing more."""
    trials = tables["trials"]
    if trials.empty:
        return None
    threads = sorted(trials["threads"].unique())
    probes: dict[tuple[int, str], list[str]] = {}
    for probe, found in trials.groupby("probe", sort=False):
        extent = found["twin"].nunique(), listed(list(found["keras"].unique()))
        probes.setdefault(extent, []).append(str(probe))
    parts = [
        f"{listed(names)} with {counted(networks, 'network')} in Keras {versions}"
        for (networks, versions), names in probes.items()
    ]
    return (
        f"Measured on MNIST: {'; '.join(parts)}. All of it on {listed(backends(trials))}, on "
        f"{listed(sorted(trials['device'].unique()))}, with {listed([str(count) for count in threads])} "
        f"{'thread' if threads == [1] else 'threads'} a process. It says nothing about other networks, backends and "
        "devices."
    )


def backends(trials: pd.DataFrame) -> list[str]:
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
