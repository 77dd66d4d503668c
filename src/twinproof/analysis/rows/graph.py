"""The rows of graphs: what each style compiles to, and how that compares with functional."""

from collections.abc import Iterator
from dataclasses import dataclass

from twinproof.analysis.rows.common import RecordTables, StyleRow, styles_of
from twinproof.base.words import GraphOutcome
from twinproof.environments.backends import BACKENDS
from twinproof.study.record import Record
from twinproof.study.settings import COMPILED


@dataclass(frozen=True, kw_only=True)
class GraphRow(StyleRow):
    """What a style compiles one function to; no function means that the style failed.

    `outcome` and `difference` compare the optimized graph, which is the one that runs, with functional's. Fields that
    start with `given` are about the graph before optimization. JAX and PyTorch have only that graph. Functional is not
    compared.
    """

    status: str
    function: str | None = None
    backend: str | None = None
    outcome: str | None = None
    operations: int | None = None
    difference: str | None = None
    wiring: str | None = None
    order: str | None = None
    given_outcome: str | None = None
    given_operations: int | None = None
    given_difference: str | None = None
    xla: bool | None = None
    error: str | None


def graph_rows(record: Record) -> Iterator[GraphRow]:
    """Yield a row for each style and function, and one for a style that failed."""
    for key, ended, result in styles_of(record):
        if not result:
            yield GraphRow(**key, **ended)
        for name in COMPILED if result else ():
            found, backend = result["functions"].get(name), result["backend"]
            if found is None:
                why = f"Keras on {BACKENDS[backend].title} compiles nothing"
                outcome = GraphOutcome.NOT_AVAILABLE
                yield GraphRow(**key, **ended, function=name, backend=backend, outcome=outcome, difference=why)
                continue
            given = found["given"]
            optimized = found.get("optimized", given)
            before, after = given.get("comparison", {}), optimized.get("comparison", {})
            yield GraphRow(
                **key,
                **ended,
                function=name,
                backend=backend,
                outcome=after.get("outcome"),
                operations=sum(optimized["operations"].values()),
                difference=after.get("difference"),
                wiring=optimized["wiring"],
                order=optimized["order"],
                given_outcome=before.get("outcome"),
                given_operations=sum(given["operations"].values()),
                given_difference=before.get("difference"),
                xla=given["xla"],
            )


TABLES: RecordTables = {"graphs": (GraphRow, graph_rows)}
