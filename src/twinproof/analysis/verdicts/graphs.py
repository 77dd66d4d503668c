"""What the compiled graphs say about time: if a style's graph equals functional's, it cannot take longer."""

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
    """How the compiled graph of one function of a style compares with functional's, over all trials.

    `outcome` is a `GraphOutcome` of the optimized graph, which is the one that runs; it is `NOT_SHOWN` if functional
    differs from itself, or if the added operation is not found. `operations` is the number of functional's operations,
    `given` whether the graphs were also equal before optimization, and `compiled` whether there is a graph: PyTorch
    runs operations as Python calls them.
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
        """Whether the same graph runs."""
        return self.outcome == GraphOutcome.EQUAL


def judge_graphs(graphs: pd.DataFrame) -> Iterator[GraphFound]:
    """Yield the finding for each style and function, from the table graphs."""
    for cell, rows in graphs.dropna(subset="function").groupby(CELL, sort=False):
        environment, twin = map(str, cell)
        for style in (style for style in PROVEN if style != Style.FUNCTIONAL):
            for function in COMPILED:
                of = {str(name): own for name, own in rows[rows["function"] == function].groupby("style", sort=False)}
                if style not in of:
                    continue
                own = of[style]
                # A difference in one trial counts more than equality in the others.
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
    """Return the difference; for other operations, the one before optimization: the optimizer merges operations."""
    named = row["outcome"] != GraphOutcome.EQUAL and row["given_outcome"] == GraphOutcome.OTHER_OPERATIONS
    return str(row["given_difference"] if named else row["difference"])


def _controlled(of: dict[str, pd.DataFrame]) -> bool:
    """Whether functional is equal to itself, and not to functional with one operation more."""
    expected = {CONTROL: GraphOutcome.EQUAL, EXTENDED: GraphOutcome.OTHER_OPERATIONS}
    return all(name in of and of[name]["outcome"].eq(outcome).all() for name, outcome in expected.items())


def sentence(found: list[GraphFound]) -> str:
    """Return the findings of the graphs in a few sentences; an empty text if there are none."""
    compared = [one for one in found if one.outcome not in (GraphOutcome.NOT_AVAILABLE, NOT_SHOWN)]
    if not compared:
        return ""
    same = [one for one in compared if one.same]
    said = (
        f"In {len(same)} of {len(compared)} comparisons with functional, the style runs the same graph, operation by "
        "operation: the compiled code cannot take longer in one style than in the other."
    )
    if not all(one.compiled for one in same):
        said += " On PyTorch nothing is compiled: Python calls the same operations, and may take another time for it."
    if others := [f"{_name(one)} ({one.difference})" for one in compared if not one.same]:
        said += f" It differs in {'; '.join(others)}."
    if made_equal := [_name(one) for one in same if not one.given]:
        said += f" Only TensorFlow's optimizer makes it the same in {'; '.join(made_equal)}."
    return said


def _name(one: GraphFound) -> str:
    return f"{one.function} of {one.twin}, {one.style}, in {one.environment}"


def with_graphs(timing: Iterable[TimingRow], graphs: pd.DataFrame) -> Iterator[TimingRow]:
    """Yield the rows of the table timing, each with the comparison of its graph, if that is known."""
    found = {(one.environment, one.twin, one.style, one.function): one.outcome for one in judge_graphs(graphs)}
    for row in timing:
        yield replace(row, graph=found.get((row.environment, row.twin, row.style, row.quantity)))
