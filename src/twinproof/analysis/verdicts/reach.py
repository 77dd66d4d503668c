"""What can be written in which style: the claims that something needs a subclass, or that a subclass allows it."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from twinproof.analysis.verdicts.code_size import code_sizes, less_code, told
from twinproof.analysis.verdicts.pitfalls import shown
from twinproof.analysis.verdicts.places import in_all, where
from twinproof.analysis.verdicts.weighing import Judgement, Part, Speaks, Tables, by_all, weigh
from twinproof.analysis.words import PitfallOutcome
from twinproof.base.styles import Style
from twinproof.base.words import ONE_NETWORK, Identity

# A counterpart with this many times the lines counts as impractical.
IMPRACTICAL = 1.5
# Pitfalls in which a graph makes a choice by the data that it computes, and the class that does the same.
CHOICES = {"if_on_data": "if_on_data_in_a_class", "cond_in_a_graph": "cond_in_a_class"}


def from_the_shape(tables: Tables) -> Judgement:
    """Whether a class that makes its layers from the input's shape runs."""
    runs = _runs(tables, "shaped", Style.SUBCLASSED)
    return weigh(Part(by_all(runs.values()), f"the class of shaped runs in {_where(runs)}"))


def custom_layers(tables: Tables) -> Judgement:
    """Whether a class with a custom layer takes less code than a graph with it."""
    own, other = (_runs(tables, "branching", style) for style in (Style.SUBCLASSED, Style.FUNCTIONAL))
    figures = f"a custom layer runs in a class in {_where(own)}, in a graph in {_where(other)}"
    if not own or not other or (sizes := code_sizes(tables["code"], "branching")) is None:
        return weigh(Part(Speaks.NOT_MEASURED, f"{figures}; or its code was not counted"))
    works, theirs = all(own.values()), all(other.values())
    if works != theirs:
        return weigh(Part(Speaks.FOR if works else Speaks.AGAINST, figures))
    functional, subclassed = sizes
    return weigh(Part(less_code(subclassed, functional), f"{figures}; {told(*sizes)}"))


def training_procedures(tables: Tables) -> Judgement:
    """Whether a custom training step has a counterpart that defines no model class."""
    reached = _reached(tables, "stepping")
    figures = _gates(tables, "stepping")
    speaks = _needs(reached.values())
    code = tables["code"]
    counted = code.loc[(code["twin"] == "stepping") & (code["style"] == Style.FUNCTIONAL), "model_classes"]
    if counted.empty:
        return weigh(Part(Speaks.NOT_MEASURED, f"{figures}; its code was not counted"))
    classes = int(counted.iloc[0])
    held = (
        f"the counterpart has model classes of its own: {classes}" if classes else "the counterpart has no model class"
    )
    # A graph in a class with only the training step counts half for each.
    if speaks == Speaks.AGAINST and classes:
        speaks = Speaks.NEITHER
    return weigh(Part(speaks, f"{figures}; {held}"))


def unusual_architectures(tables: Tables) -> Judgement:
    """Whether branches, attention and inner losses have a counterpart: one part each."""
    return weigh(_branches(tables), *(_counterpart(tables, twin) for twin in ("attentive", "regularized")))


def training_only_branch(tables: Tables) -> Judgement:
    """Whether example 2 has a counterpart."""
    return weigh(_counterpart(tables, "conditional"))


def depth_at_run_time(tables: Tables) -> Judgement:
    """Whether example 3 has a counterpart, and how much code it takes."""
    part = _counterpart(tables, "dynamic")
    if part.speaks in (Speaks.NOT_MEASURED, Speaks.FOR):
        return weigh(part)
    if (sizes := code_sizes(tables["code"], "dynamic")) is None:
        return weigh(Part(Speaks.NOT_MEASURED, f"{part.figures}; its code was not counted"))
    functional, subclassed = sizes
    if functional[0] >= IMPRACTICAL * subclassed[0]:
        speaks = Speaks.FOR if part.speaks == Speaks.AGAINST else Speaks.NEITHER
    else:
        speaks = part.speaks
    return weigh(Part(speaks, f"{part.figures}; {told(*sizes)}"))


def _branches(tables: Tables) -> Part:
    """Weigh the twin with branches, and the pitfalls with choices that depend on the data."""
    twin = _counterpart(tables, "branching")
    pitfalls = shown(tables)
    right = (
        pitfalls.assign(right=pitfalls["outcome"].eq(PitfallOutcome.AS_EXPECTED))
        .groupby(["pitfall", "environment"], sort=False)["right"]
        .all()
    )
    needs, figures = [], [twin.figures]
    for graph, own in CHOICES.items():
        for environment in dict.fromkeys(pitfalls["environment"]):
            if (graph, environment) in right.index and (own, environment) in right.index:
                in_graph, in_class = bool(right[graph, environment]), bool(right[own, environment])
                if in_graph or in_class:
                    needs.append(not in_graph)
                    how = "runs" if in_graph else "fails, and its class runs"
                    figures.append(f"{graph} {how} in {environment}")
    if twin.speaks == Speaks.NOT_MEASURED or not needs:
        return Part(Speaks.NOT_MEASURED, "; ".join(figures))
    speaks = {twin.speaks, by_all(needs)}
    return Part(speaks.pop() if len(speaks) == 1 else Speaks.NEITHER, "; ".join(figures))


def _counterpart(tables: Tables, twin: str) -> Part:
    """Weigh the part that a network has no counterpart without a subclass."""
    return Part(_needs(_reached(tables, twin).values()), _gates(tables, twin))


def _needs(reached: Iterable[bool]) -> Speaks:
    """Return what it means if a style can do something: another style is not needed."""
    return by_all([not one for one in reached])


def _reached(tables: Tables, twin: str) -> dict[str, bool]:
    """Return by environment whether the counterpart is the same network, if the class runs there."""
    runs = _runs(tables, twin, Style.SUBCLASSED)
    return {
        row["environment"]: row["gate"] in ONE_NETWORK
        for row in _sound(tables, twin)
        if runs.get(row["environment"], True)
    }


def _gates(tables: Tables, twin: str) -> str:
    gates = ", ".join(f"{row['gate']} in {row['environment']}" for row in _sound(tables, twin))
    return f"{twin}: functional against subclassed {gates}" if gates else f"{twin}: its identity was not measured"


def _sound(tables: Tables, twin: str) -> list[dict[Hashable, Any]]:
    """Return the rows of a twin whose identity was measured and whose control is one network."""
    twins = tables["twins"]
    measured = twins["gate"].ne(Identity.NOT_MEASURED) & twins["control"].isin(ONE_NETWORK)
    rows = twins[(twins["twin"] == twin) & measured]
    return rows.to_dict("records")


def _runs(tables: Tables, twin: str, style: str) -> dict[str, bool]:
    """Return by environment whether a style runs in the probe identity."""
    identity = tables["identity"]
    rows = identity[(identity["twin"] == twin) & (identity["style"] == style)]
    return in_all(rows["status"].eq("ok"), rows)


def _where(runs: Mapping[str, bool]) -> str:
    return where(runs) if runs else "no environment: it was not measured"
