"""What the compiled graphs say of time: where a style's is functional's, what is compiled cannot take another time."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from twinproof.analysis.rows.common import CELL
from twinproof.analysis.verdicts.timing_table import TimingRow
from twinproof.base.styles import CONTROL, EXTENDED, PROVEN, Style
from twinproof.base.words import GraphOutcome
from twinproof.study.settings import COMPILED

NOT_SHOWN = "not shown: a control failed"


@dataclass(frozen=True)
class GraphFound:
    """How what a style compiles one function to compares with functional, over all trials.

    `outcome` is one of `GraphOutcome` and of what runs, the optimized graph; or it is `NOT_SHOWN`, where functional
    differs from itself, or one operation more is not found. `operations` is the number of functional's, `given` whether
    the graph was the same before it was optimized, too, and `compiled` whether there is one: PyTorch runs operations as
    Python calls them.
    """

    environment: str
    twin: str
    style: str
    function: str
    outcome: str
    difference: str
    operations: int | None
    given: bool
    compiled: bool = True

    @property
    def same(self) -> bool:
        """Whether it is the same that runs."""
        return self.outcome == GraphOutcome.EQUAL


def judge_graphs(graphs: pd.DataFrame) -> Iterator[GraphFound]:
    """Yield what is found of each style and function, from the table graphs."""
    for cell, rows in graphs.dropna(subset="function").groupby(CELL, sort=False):
        environment, twin = map(str, cell)
        for style in (style for style in PROVEN if style != Style.FUNCTIONAL):
            for function in COMPILED:
                of = {str(name): own for name, own in rows[rows["function"] == function].groupby("style", sort=False)}
                if style not in of:
                    continue
                own = of[style]
                # A difference that one trial saw counts more than equality in the others.
                worst = own.iloc[int(own["outcome"].eq(GraphOutcome.EQUAL).to_numpy().argmin())]
                outcome = str(worst["outcome"])
                if outcome != GraphOutcome.NOT_AVAILABLE and not _controlled(of):
                    outcome = NOT_SHOWN
                size = of[Style.FUNCTIONAL]["operations"].iloc[0] if Style.FUNCTIONAL in of else math.nan
                yield GraphFound(
                    environment,
                    twin,
                    style,
                    function,
                    outcome,
                    _difference(worst),
                    None if pd.isna(size) else int(size),
                    bool(own["given_outcome"].eq(GraphOutcome.EQUAL).all()),
                    bool(own["backend"].ne("torch").all()),
                )


def _difference(row: "pd.Series[Any]") -> str:
    """Return what differs: other operations as they were given, as the optimizer makes one of several."""
    named = row["outcome"] != GraphOutcome.EQUAL and row["given_outcome"] == GraphOutcome.OTHER_OPERATIONS
    return str(row["given_difference"] if named else row["difference"])


def _controlled(of: dict[str, pd.DataFrame]) -> bool:
    """Whether functional is equal to itself, and not to functional with one operation more."""
    expected = {CONTROL: GraphOutcome.EQUAL, EXTENDED: GraphOutcome.OTHER_OPERATIONS}
    return all(name in of and of[name]["outcome"].eq(outcome).all() for name, outcome in expected.items())


def sentence(found: list[GraphFound]) -> str:
    """Return what the graphs say in some sentences; nothing where there are none."""
    compared = [one for one in found if one.outcome not in (GraphOutcome.NOT_AVAILABLE, NOT_SHOWN)]
    if not compared:
        return ""
    same = [one for one in compared if one.same]
    said = (
        f"In {len(same)} of {len(compared)} comparisons with functional, the style runs the same graph, operation by "
        "operation: what is compiled there cannot take another time in the one than in the other."
    )
    if not all(one.compiled for one in same):
        said += " On PyTorch nothing is compiled: Python calls the same operations, and may take another time to do so."
    if others := [f"{_name(one)} ({one.difference})" for one in compared if not one.same]:
        said += f" It is another in {'; '.join(others)}."
    if made_equal := [_name(one) for one in same if not one.given]:
        said += f" Only TensorFlow's optimizer makes it the same in {'; '.join(made_equal)}."
    return said


def _name(one: GraphFound) -> str:
    return f"{one.function} of {one.twin}, {one.style}, in {one.environment}"


def with_graphs(timing: Iterable[TimingRow], graphs: pd.DataFrame) -> Iterator[TimingRow]:
    """Yield the rows of the table timing, each with how what was timed compares as a graph, where that is known."""
    found = {(one.environment, one.twin, one.style, one.function): one.outcome for one in judge_graphs(graphs)}
    for row in timing:
        yield replace(row, graph=found.get((row.environment, row.twin, row.style, row.quantity)))
