"""Do the tests cover the rules of the claims? Each place of a rule is changed; then some verdict has to change too.

Usage: python -m bench.mutated_rules

Prints for each function how many changes were made, how many of them a case of tests/analysis/test_claims.py finds, and
where the others are. General tools for mutation testing also change the texts of figures, which decide nothing: five
of six changes. This script changes only what decides: comparisons, signs, `and` and `or`, `all` and `any`, numbers, the
styles, and which side something supports.
"""

import ast
import copy
import importlib
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pandas as pd

from tests.analysis.test_claims import CASES, tables

PACKAGE = "twinproof.analysis.verdicts"
MODULES = ["weighing", "places", "code_size", "pitfalls", "reach", "rules"]
COMPARED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.And: ast.Or, ast.Or: ast.And}
NAMED = {
    "all": ("any",), "any": ("all",), "max": ("min",), "min": ("max",), "gt": ("lt",), "lt": ("gt",), "eq": ("ne",),
    "ne": ("eq",), "FOR": ("AGAINST", "NEITHER"), "AGAINST": ("FOR", "NEITHER"), "NEITHER": ("FOR", "AGAINST"),
    "NOT_MEASURED": ("NEITHER",), "FUNCTIONAL": ("SUBCLASSED",), "SUBCLASSED": ("FUNCTIONAL",),
}  # fmt: skip


class Change(NamedTuple):
    """A change of a module: its function and line, what was changed, and the changed source."""

    module: str
    function: str
    line: int
    what: str
    source: ast.Module


def changes(module: str) -> Iterator[Change]:
    """Yield each change of a module's functions and of its numbers."""
    spec = importlib.util.find_spec(f"{PACKAGE}.{module}")
    assert spec and spec.origin
    source = ast.parse(Path(spec.origin).read_text())
    for number, (function, node) in enumerate(_places(source)):
        for what, change in _variants(node):
            changed = copy.deepcopy(source)
            _, place = list(_places(changed))[number]
            change(place)
            yield Change(module, function, getattr(node, "lineno", 0), what, ast.fix_missing_locations(changed))


def _places(source: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield each node that may be changed, with the name of its function; texts are left out."""
    for statement in source.body:
        if isinstance(statement, ast.FunctionDef | ast.Assign):
            name = statement.name if isinstance(statement, ast.FunctionDef) else "the numbers"
            for node in _walk(statement):
                yield name, node


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.JoinedStr | ast.arguments) or getattr(node, "id", "") == "figures":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def _variants(node: ast.AST) -> Iterator[tuple[str, object]]:
    if isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            other = COMPARED[type(op)]
            yield (
                f"{type(op).__name__} to {other.__name__}",
                lambda place, at=at, other=other: place.ops.__setitem__(at, other()),
            )
    elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in OPERATED:
        other = OPERATED[type(node.op)]
        yield f"{type(node.op).__name__} to {other.__name__}", lambda place: setattr(place, "op", other())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not left out", lambda place: setattr(place, "op", ast.UAdd())
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield f"{node.value} to {2 * node.value + 1}", lambda place: setattr(place, "value", 2 * place.value + 1)
    elif isinstance(node, ast.Attribute) and node.attr in NAMED:
        for name in NAMED[node.attr]:
            yield f"{node.attr} to {name}", lambda place, name=name: setattr(place, "attr", name)
    elif isinstance(node, ast.Name) and node.id in NAMED:
        for name in NAMED[node.id]:
            yield f"{node.id} to {name}", lambda place, name=name: setattr(place, "id", name)


def verdicts_change(change: Change | None, cases: list[tuple[str, str, dict[str, pd.DataFrame]]]) -> bool:
    """Return whether the change gives a case a wrong verdict, or none."""
    # Import each module again, so that all see the changed one.
    package, names = importlib.import_module(PACKAGE), [*MODULES, "claims"]
    before = {name: sys.modules.pop(f"{PACKAGE}.{name}") for name in names}
    for name in names:
        delattr(package, name)
    try:
        if change:
            module = sys.modules[f"{PACKAGE}.{change.module}"] = ModuleType(f"{PACKAGE}.{change.module}")
            exec(compile(change.source, change.module, "exec"), module.__dict__)  # noqa: S102
            setattr(package, change.module, module)
        judges = {claim.name: claim.judge for claim in importlib.import_module(f"{PACKAGE}.claims").CLAIMS}
        return any(judges[claim](given).verdict != expected for claim, expected, given in cases)
    except Exception:
        return True
    finally:
        for name, own in before.items():
            sys.modules[f"{PACKAGE}.{name}"] = own
            setattr(package, name, own)


def main() -> None:
    """Make each change, and print how many were found."""
    cases = [(claim, expected, tables(**rows)) for claim, expected, rows in CASES]
    assert not verdicts_change(None, cases), "a case fails without any change"
    found: dict[tuple[str, str], list[Change | None]] = defaultdict(list)
    for module in MODULES:
        for change in changes(module):
            found[module, change.function].append(None if verdicts_change(change, cases) else change)
    print(f"{'rule':40} changes found")
    for (module, function), left in found.items():
        print(f"{module + '.' + function:40} {len(left):7} {left.count(None):5}")
        for one in filter(None, left):
            print(f"    not found: line {one.line}: {one.what}")
    made = [one for left in found.values() for one in left]
    print(f"{'all':40} {len(made):7} {made.count(None):5}")


if __name__ == "__main__":
    main()
