"""The functions of a twin's module: the styles it must have, and the arguments that its functions must take.

A study reads them from the source before anything is measured, because Keras is not available then. A trial checks the
imported module, including what the source does not show. Both give the same messages.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Optional

from twinproof.base.errors import UserError
from twinproof.base.styles import STYLES, TASK

# The functions of a module by style; None if the arguments are not known.
Functions = Mapping[str, Optional[inspect.Signature]]


def require_styles(twin: str, module: str, functions: Functions, arguments: Mapping[str, Any]) -> None:
    """Raise `UserError` unless a module has the styles of a twin, and each takes these keyword arguments."""
    if "functional" not in functions or not {"sequential", "subclassed"} & set(functions):
        raise UserError(
            f"twins.{twin}.module: {module} has {', '.join(functions) or 'no style'}; "
            "it must have a function `functional` and at least one of `sequential` and `subclassed`"
        )
    for style, signature in functions.items():
        if signature is None:
            continue
        try:
            signature.bind(**arguments)
        except TypeError as error:
            raise UserError(
                f"twins.{twin}.arguments: {module}.{style} does not take {dict(arguments)}: {error}; "
                f"its arguments are {_without_types(signature)}"
            ) from None


def read_module(twin: str, module: str, roots: list[str]) -> ast.Module:
    """Return the parsed source of a twin's module, which is in one of the folders `roots`.

    Raises
    ------
    UserError
        If there is no such module, or it is not Python.
    """
    path = roots
    for part in module.split("."):
        # Only the last part, in the folders found so far: a dotted name would import the packages around it.
        spec = PathFinder.find_spec(part, path)
        path = list(spec.submodule_search_locations or []) if spec else []
    if spec is None or spec.origin is None:
        raise UserError(f"twins.{twin}.module: no module {module}; it must be in src/ or next to params.yaml")
    try:
        return ast.parse(Path(spec.origin).read_bytes(), spec.origin)
    except SyntaxError as error:
        raise UserError(f"twins.{twin}.module: {spec.origin}, line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:  # A NUL in it, or too many brackets.
        raise UserError(f"twins.{twin}.module: {spec.origin}: {str(error) or 'nested too deep'}") from None


def check_source(twin: str, module: str, arguments: Mapping[str, Any], roots: list[str]) -> None:
    """Check the styles of a twin in its source, as far as the source shows them.

    Raises
    ------
    UserError
        As `read_module` and `require_styles`.
    """
    source = read_module(twin, module, roots)
    if not _is_open(source):
        require_styles(twin, module, _written(source, STYLES), arguments)
        require_task(twin, module, _written(source, TASK))


def require_task(twin: str, module: str, functions: Functions) -> None:
    """Raise `UserError` unless the functions that define a network's inputs, data and compilation can be called."""
    for name, signature in functions.items():
        given = ("images", "labels") if name == "data" else ()
        if signature is None:
            continue
        try:
            signature.bind(*given)
        except TypeError as error:
            raise UserError(
                f"twins.{twin}.module: {module}.{name} must take {' and '.join(given) or 'no arguments'}: {error}; "
                f"its arguments are {_without_types(signature)}"
            ) from None


def _written(source: ast.Module, names: Iterable[str]) -> dict[str, inspect.Signature | None]:
    """Return the functions with these names that a module defines."""
    bound: dict[str, list[ast.AST]] = {name: [] for name in names}
    for name, node in _bindings(source):
        if name in bound:
            bound[name].append(node)
    found: dict[str, inspect.Signature | None] = {}
    for style, nodes in bound.items():
        if nodes and not all(isinstance(node, ast.Constant) for node in nodes):
            # One plain function at the top level, which nothing replaces.
            plain = nodes[0] if len(nodes) == 1 and nodes[0] in source.body else None
            found[style] = _signature(plain) if isinstance(plain, ast.FunctionDef) else None
    return found


def _is_open(source: ast.Module) -> bool:
    """Return whether a module may have names that its source does not show."""
    return any(
        (isinstance(node, ast.ImportFrom) and node.names[0].name == "*")
        or (isinstance(node, ast.Name) and node.id in ("globals", "vars", "locals", "exec", "setattr"))
        or (isinstance(node, ast.Attribute) and node.attr in ("modules", "__dict__"))
        for node in ast.walk(source)
    )


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Yield each name that the top level of a module binds, and the node that says most about its value."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield child.name, child
            continue
        if isinstance(child, ast.Lambda):
            continue
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield from (((name.asname or name.name).partition(".")[0], child) for name in child.names)
        elif isinstance(child, ast.Assign) and all(isinstance(target, ast.Name) for target in child.targets):
            yield from ((target.id, child.value) for target in child.targets if isinstance(target, ast.Name))
            yield from _bindings(child.value)
            continue
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id, child
        yield from _bindings(child)


def _signature(function: ast.FunctionDef) -> inspect.Signature | None:
    """Return the signature of a function in the source, None if a decorator may have changed it."""
    if function.decorator_list:
        return None
    written = function.args
    positional = [*written.posonlyargs, *written.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(written.defaults))
    kind, parameters = inspect.Parameter, []
    for argument, default in zip(positional, [*defaults, *written.defaults]):
        how = kind.POSITIONAL_ONLY if argument in written.posonlyargs else kind.POSITIONAL_OR_KEYWORD
        parameters.append(_parameter(argument.arg, how, default))
    if written.vararg:
        parameters.append(kind(written.vararg.arg, kind.VAR_POSITIONAL))
    for argument, default in zip(written.kwonlyargs, written.kw_defaults):
        parameters.append(_parameter(argument.arg, kind.KEYWORD_ONLY, default))
    if written.kwarg:
        parameters.append(kind(written.kwarg.arg, kind.VAR_KEYWORD))
    return inspect.Signature(parameters)


class _Written:
    """A default value, known by its source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __repr__(self) -> str:
        return self._source


def _parameter(name: str, how: Any, default: ast.expr | None) -> inspect.Parameter:
    known = inspect.Parameter.empty if default is None else _Written(ast.unparse(default))
    return inspect.Parameter(name, how, default=known)


def _without_types(signature: inspect.Signature) -> inspect.Signature:
    """Leave out the annotations, which look different in the source."""
    empty = inspect.Parameter.empty
    bare = [parameter.replace(annotation=empty) for parameter in signature.parameters.values()]
    return inspect.Signature(bare)
