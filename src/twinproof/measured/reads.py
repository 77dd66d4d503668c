"""The files that a twin reads although its parameters do not list them.

A trial watches while the twin is imported, built and called. It sees files that are opened by Python, by h5py, and by
the parts of TensorFlow that are called from Python. It cannot see files that compiled code opens by itself.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from twinproof.base.errors import UserError

PACKAGE = Path(__file__).parents[1]


def require_named(twin: str, known: Iterable[str], work: Callable[[], object]) -> None:
    """Do `work`, which must read no files in the current folder except the `known` ones.

    From now on, Python watches this process and is slower: the process should end soon.

    Raises
    ------
    UserError
        If other files were read.
    """
    root, modules, read = Path.cwd(), set(sys.modules), set[str]()
    looking = True

    def look(event: str, details: tuple[Any, ...]) -> None:
        if looking and event == "open":
            _note(read, *details)

    sys.addaudithook(look)
    with _others_looked_on(read):
        work()
    looking = False
    imported = (getattr(sys.modules[name], "__file__", None) for name in sys.modules.keys() - modules)
    names = {name for path in [*read, *filter(None, imported)] if (name := _below(path, root))}
    if unknown := sorted(names - set(known)):
        raise UserError(
            f"twins.{twin}: its code reads {', '.join(unknown)}, but params.yaml does not list it: a change would go "
            f"unnoticed; add `files: [{', '.join(unknown)}]` to twins.{twin}"
        )


def _note(read: set[str], path: object, mode: object = None, flags: int = 0) -> None:
    """Record the absolute path of a file that is opened for reading."""
    if isinstance(path, (str, bytes, os.PathLike)) and flags & os.O_ACCMODE != os.O_WRONLY:
        read.add(os.path.join(os.getcwd(), os.fsdecode(path)))  # noqa: PTH109, PTH118  # Path would look at more files.


class _Opening(NamedTuple):
    """A function that opens a file without Python's audit: its place, and which of its arguments is the path."""

    module: str
    owner: str | None
    name: str
    position: int
    argument: str
    suffix: str = ""  # what is added to the path


_CHECKPOINTS = "tensorflow.python.training.py_checkpoint_reader"
_OPENINGS = (
    _Opening("h5py.h5f", None, "open", 0, "name"),
    _Opening("tensorflow.python.lib.io.file_io", "FileIO", "__init__", 1, "name"),
    _Opening(_CHECKPOINTS, None, "NewCheckpointReader", 0, "filepattern", ".index"),
)


@contextmanager
def _others_looked_on(read: set[str]) -> Iterator[None]:
    with ExitStack() as stack:
        for opening in _OPENINGS:
            # Code that uses it has imported it, except TensorFlow's own parts.
            if opening.module.partition(".")[0] in sys.modules:
                module = importlib.import_module(opening.module)
                place = getattr(module, opening.owner) if opening.owner else module
                noting = _noting(getattr(place, opening.name), opening, read)
                stack.enter_context(patch.object(place, opening.name, noting))
        yield


def _noting(original: Callable[..., Any], opening: _Opening, read: set[str]) -> Callable[..., Any]:
    def opens(*arguments: Any, **options: Any) -> Any:
        path, how, *_ = [*arguments[opening.position :], None, None]
        path, how = options.get(opening.argument, path), options.get("mode", how)
        if isinstance(path, (str, bytes, os.PathLike)) and not (isinstance(how, str) and how.startswith(("w", "a"))):
            _note(read, os.fsdecode(path) + opening.suffix)
        return original(*arguments, **options)

    return opens


def _below(path: str, root: Path) -> str | None:
    """Return the path of a file from `root`; None if it is elsewhere, or belongs to the environment or to twinproof."""
    # The given path and the one behind links: either may be in the folder.
    for way in (Path(os.path.normpath(path)), Path(path).resolve()):
        if way.is_relative_to(root) and way.is_file():
            # Compiled files are made from imported ones.
            own = way.suffix == ".pyc" or (way.suffix == ".py" and way.is_relative_to(PACKAGE))
            if own or any(way.is_relative_to(place) for place in _others(root)):
                return None
            return way.relative_to(root).as_posix()
    return None


def _others(root: Path) -> list[Path]:
    """Return the folders in `root` that do not belong to the project: the environment, and temporary files."""
    places = [Path(place) for place in (sys.prefix, sys.base_prefix, tempfile.gettempdir())]
    return [way for place in places for way in (place, place.resolve()) if way != root and way.is_relative_to(root)]
