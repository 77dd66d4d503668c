"""What counts of a Python source file: the modules that it imports, and its code without comments and docstrings."""

from __future__ import annotations

import ast
import functools
import hashlib
import io
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

# Definitions that may begin with a docstring.
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
# By these, code can read its own text; a file that names one counts whole.
_READS_ITSELF = ("__doc__", "__file__", "getdoc", "getsource")

# Of each line, the columns that some strings take, in bytes: from the first up to another, or to the end of the line.
_Columns = dict[int, list[tuple[int, int | None]]]


class Import(NamedTuple):
    """An import statement: `from {level dots}{module} import {names}`, or `import {module}` without names."""

    level: int
    module: str
    names: tuple[str, ...]


class Source(NamedTuple):
    """A source file: the SHA-256 of what counts of it, and its imports."""

    digest: str
    imports: tuple[Import, ...]


def read_source(path: Path) -> Source:
    """Read a source file; a file that has not changed is read once per process.

    Raises
    ------
    SyntaxError
        If it is not Python; with the path.
    """
    found = path.stat()
    return _read(path, found.st_ino, found.st_size, found.st_mtime_ns)


@functools.cache
def _read(path: Path, *_: int) -> Source:
    return source_of(path.read_bytes(), str(path))


@functools.cache
def source_of(content: bytes, name: str) -> Source:
    """Return what counts of the content of a source file; all of it counts if it is not source, as a compiled module.

    Raises
    ------
    SyntaxError
        If it is not Python; with the name of the file.
    """
    if not name.endswith(".py"):
        return Source(hashlib.sha256(content).hexdigest(), ())
    try:
        # Decoded as Python does it, so that positions in the tree are positions in the text.
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        text = io.TextIOWrapper(io.BytesIO(content), encoding).read()
        nodes = list(ast.walk(ast.parse(text)))
    except SyntaxError as error:
        error.filename = name
        raise
    except (ValueError, RecursionError, MemoryError) as error:  # A NUL in it, not text, or too many brackets.
        raise SyntaxError(str(error) or "nested too deep", (name, 1, 0, "")) from None
    counted = text.encode() if any(name in text for name in _READS_ITSELF) else b"\n".join(_code(text, nodes))
    return Source(hashlib.sha256(counted).hexdigest(), tuple(dict.fromkeys(_imports(nodes))))


def _imports(nodes: list[ast.AST]) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (Import(0, name.name, ()) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield Import(node.level, node.module or "", tuple(name.name for name in node.names))


def _code(text: str, nodes: list[ast.AST]) -> Iterator[bytes]:
    """Yield the lines of a source without comments and docstrings, and without lines that are blank then."""
    documentation = _docstrings(nodes)
    strings, docstrings = _columns(_strings(nodes) - documentation), _columns(documentation)
    for number, line in enumerate(text.encode().split(b"\n"), start=1):
        code, held = line, strings.get(number, [])
        for start, end in docstrings.get(number, []):
            code = code[:start] if end is None else code[:start].ljust(end) + code[end:]
        comment = code.find(b"#")
        while any(start <= comment and (end is None or comment < end) for start, end in held):
            comment = code.find(b"#", comment + 1)
        if comment >= 0:
            code = code[:comment].rstrip()
        # Blank lines of a string count.
        if held or code.strip():
            yield code


def _strings(nodes: list[ast.AST]) -> set[ast.expr]:
    return {
        node
        for node in nodes
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
    }


def _docstrings(nodes: list[ast.AST]) -> set[ast.expr]:
    firsts = (node.body[0] for node in nodes if isinstance(node, _DOCUMENTED) and node.body)
    return {
        first.value
        for first in firsts
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    }


def _columns(strings: Iterable[ast.expr]) -> _Columns:
    taken: _Columns = defaultdict(list)
    for node in strings:
        last = node.end_lineno or node.lineno
        for line in range(node.lineno, last + 1):
            start = node.col_offset if line == node.lineno else 0
            taken[line].append((start, node.end_col_offset if line == last else None))
    return taken
