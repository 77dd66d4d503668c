"""The compiled graphs on the page: a row for each style, with what each of its functions compiles to."""

from collections.abc import Iterable
from itertools import groupby

from twinproof.analysis.verdicts.graphs import GraphFound
from twinproof.base.words import GraphOutcome
from twinproof.report.page.rows import Rows


def graph_table(found: Iterable[GraphFound]) -> Rows:
    """Return a row for each style of each twin, with a text for each function and whether it equals functional's."""
    return [
        {
            **dict(zip(("environment", "twin", "style"), place, strict=True)),
            "functions": {one.function: {"text": _text(one), "same": one.same} for one in own},
        }
        for place, own in groupby(found, lambda one: (one.environment, one.twin, one.style))
    ]


def _text(one: GraphFound) -> str:
    if one.same:
        return f"equal: {one.operations} operations{'' if one.given else ' after optimization'}"
    return one.difference if one.outcome in list(GraphOutcome) else one.outcome
