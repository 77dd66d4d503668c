"""The graphs that a backend compiles from two models: do they have the same operations, wired in the same way?"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from twinproof.base.words import GraphOutcome
from twinproof.proof.result import Outcome, Stage, StageResult

# The number of kinds of operations that are listed.
MOST = 5


@dataclass(frozen=True)
class Graph:
    """A summary of a graph: the count of each operation, and digests of their wiring and their order."""

    operations: dict[str, int]
    wiring: str  # digest of each operation with its settings and inputs
    order: str  # digest of the same, and of the operations that must run before it
    xla: bool = False  # whether XLA compiles it, or a part of it

    @property
    def size(self) -> int:
        """The number of operations."""
        return sum(self.operations.values())


def hashed(*parts: str) -> str:
    """Return a digest of some texts in their order."""
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def compare_graphs(first: Mapping[str, Graph], second: Mapping[str, Graph]) -> StageResult | None:
    """Return how the graphs of both models compare; None if there are none."""
    both = {name: (graph, second[name]) for name, graph in first.items() if name in second}
    if not both:
        return None
    equal = all(judge(one, other) == GraphOutcome.EQUAL for one, other in both.values())
    said = "; ".join(f"{name}: {difference(one, other)}" for name, (one, other) in both.items())
    size = sum(one.size for one, _ in both.values())
    return StageResult(Stage.GRAPHS, Outcome.EQUAL if equal else Outcome.OTHER_GRAPH, size, detail=said)


def judge(first: Graph, second: Graph) -> GraphOutcome:
    """Return how a graph compares with the first one."""
    return GraphOutcome.judge(
        first.operations == second.operations, first.wiring == second.wiring, first.order == second.order
    )


def difference(first: Graph, second: Graph) -> str:
    """Return in words how a graph compares with the first one."""
    outcome = judge(first, second)
    if outcome == GraphOutcome.EQUAL:
        return f"{first.size} operations, wired alike"
    if outcome == GraphOutcome.ORDERED_OTHERWISE:
        return f"the same {first.size} operations, in a different order"
    if outcome == GraphOutcome.WIRED_OTHERWISE:
        return f"the same {first.size} operations, with different settings or wiring"
    one, other = Counter(first.operations), Counter(second.operations)
    parts = [f"{words} {_listed(left)}" for words, left in (("without", one - other), ("with", other - one)) if left]
    return f"{first.size} operations against {second.size}; the second {', '.join(parts)}"


def _listed(operations: Counter[str]) -> str:
    listed = [f"{number} {name}" for name, number in sorted(operations.items(), key=lambda item: (-item[1], item[0]))]
    return ", ".join(listed[:MOST]) + (f" ({sum(operations.values())} in all)" if len(listed) > MOST else "")
