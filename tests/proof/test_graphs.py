"""How two compiled graphs compare: equal, ordered differently, wired differently, or with other operations."""

import pytest

from twinproof.proof.graphs import Graph, compare_graphs
from twinproof.proof.result import Outcome

OPERATIONS = {"MatMul": 2, "Relu": 1}
GRAPH = Graph(OPERATIONS, "w", "o")


@pytest.mark.parametrize(
    ("other", "outcome", "told"),
    [
        (GRAPH, Outcome.EQUAL, "inference: 3 operations, wired alike"),
        (Graph(OPERATIONS, "w", "p"), Outcome.OTHER_GRAPH, "inference: the same 3 operations, in a different order"),
        (
            Graph(OPERATIONS, "x", "p"),
            Outcome.OTHER_GRAPH,
            "inference: the same 3 operations, with different settings or wiring",
        ),
        (
            Graph({"MatMul": 1, "Cast": 3}, "x", "p"),
            Outcome.OTHER_GRAPH,
            "inference: 3 operations against 4; the second without 1 MatMul, 1 Relu, with 3 Cast",
        ),
    ],
)
def test_graphs_compare(other: Graph, outcome: Outcome, told: str) -> None:
    found = compare_graphs({"inference": GRAPH}, {"inference": other})
    assert found is not None
    assert (found.outcome, found.detail, found.compared) == (outcome, told, 3)


def test_one_graph_that_differs_is_enough() -> None:
    found = compare_graphs(
        {"a training step": GRAPH, "inference": GRAPH},
        {"a training step": GRAPH, "inference": Graph(OPERATIONS, "x", "p")},
    )
    assert found is not None and found.outcome == Outcome.OTHER_GRAPH


def test_nothing_is_said_where_a_model_has_no_graph() -> None:
    assert compare_graphs({"inference": GRAPH}, {}) is None


def test_the_most_frequent_of_many_operations_are_listed() -> None:
    many = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}
    found = compare_graphs({"inference": GRAPH}, {"inference": Graph(many, "x", "p")})
    assert found is not None and found.detail.endswith("with 6 f, 5 e, 4 d, 3 c, 2 b (21 in all)")
