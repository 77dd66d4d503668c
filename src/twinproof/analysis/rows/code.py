"""How much code does each style of a twin take?

The count covers the function named after the style, and each function, class and constant of its module that it reaches
by name, directly or through others. Imports and docstrings are left out. Code that two styles share counts for both.
The source is read, never run.

The numbers measure the amount of code, not how hard it is to read, to write or to get right. A line may be short or
long, a name may be common or new. Code in other modules, mainly in Keras, is not counted: a style may be short because
the library does more for it.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from twinproof.base.styles import STYLES
from twinproof.environments.variables import SOURCE
from twinproof.study.params import TwinParams
from twinproof.study.styles import read_module

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BRANCHES = (
    ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.comprehension, ast.While, ast.ExceptHandler, ast.match_case,
)  # fmt: skip
# Keras's own classes of models, by the last part of their names.
_MODELS = {"Model", "Sequential", "Functional"}


@dataclass(frozen=True, kw_only=True)
class CodeRow:
    """How much code a style of a twin takes."""

    twin: str
    style: str
    lines: int
    branches: int
    names: int
    definitions: int
    model_classes: int


def code_rows(twins: Mapping[str, TwinParams]) -> Iterator[CodeRow]:
    """Yield one row for each style in which a twin is written; `twins` are those of the parameters.

    Raises
    ------
    UserError
        If a twin has no module, or one that is not Python.
    """
    roots = [str(SOURCE), str(Path.cwd())]
    for twin, network in twins.items():
        definitions = _definitions(read_module(twin, network.module, roots))
        for style in STYLES:
            if style in definitions:
                yield _sized(twin, style, _reached(style, definitions))


def _definitions(module: ast.Module) -> dict[str, list[ast.stmt]]:
    """Return the statements that bind each name of the module, except imports."""
    found = defaultdict(list)
    for statement in module.body:
        for name in _bound([statement]):
            found[name].append(statement)
    return found


def _reached(style: str, definitions: Mapping[str, list[ast.stmt]]) -> list[ast.stmt]:
    """Return the statements behind a name, and behind the names that these use, and so on."""
    names, waiting = {style}, [style]
    while waiting:
        for statement in definitions[waiting.pop()]:
            new = (_used([statement]) & definitions.keys()) - names
            names |= new
            waiting += new
    # One statement may bind many names.
    return list(dict.fromkeys(statement for name in sorted(names) for statement in definitions[name]))


def _sized(twin: str, style: str, statements: list[ast.stmt]) -> CodeRow:
    nodes = [node for statement in statements for node in _walk(statement)]
    operators = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    conditions = sum(len(node.ifs) for node in nodes if isinstance(node, ast.comprehension))
    identifiers = (getattr(node, field, None) for node in nodes for field in ("id", "attr", "arg", "name"))
    return CodeRow(
        twin=twin,
        style=style,
        lines=sum(isinstance(node, ast.stmt) for node in nodes),
        branches=sum(isinstance(node, _BRANCHES) for node in nodes) + operators + conditions,
        names=len({identifier for identifier in identifiers if isinstance(identifier, str)}),
        definitions=sum(isinstance(node, _DEFINITIONS) for node in nodes),
        model_classes=len(_model_classes([node for node in nodes if isinstance(node, ast.ClassDef)])),
    )


def _model_classes(classes: list[ast.ClassDef]) -> set[str]:
    """Return the names of the classes that are models or inherit from one, by the names of their bases."""
    found: set[str] = set()
    for _ in classes:
        found |= {one.name for one in classes if {_last_name(base) for base in one.bases} & (found | _MODELS)}
    return found


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """Yield `node` and all within it, without imports and docstrings."""
    if isinstance(node, ast.Import | ast.ImportFrom) or _is_docstring(node):
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _walk(child)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _bound(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that `nodes` bind directly, not inside the functions and classes that they define."""
    names = set()
    for node in nodes:
        if isinstance(node, _DEFINITIONS):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif not isinstance(node, ast.Lambda):
            names |= _bound(ast.iter_child_nodes(node))
    return names


def _used(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the names that `nodes` take from outside, without a function's own variables."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, _FUNCTIONS):
            body = [node.body] if isinstance(node, ast.Lambda) else node.body
            own = _bound(body) | {child.arg for child in ast.walk(node.args) if isinstance(child, ast.arg)}
            # Decorators, defaults and annotations are evaluated outside of the function.
            outside = [child for child in ast.iter_child_nodes(node) if child not in body]
            names |= (_used(body) - own) | _used(outside)
        else:
            names |= _used(ast.iter_child_nodes(node))
    return names
