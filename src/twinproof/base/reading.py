"""Reads files that a person or another program wrote, within limits: JSON, YAML and plain text.

A file is read only if it is a regular file of reasonable size, so that none hangs a command or fills the memory. Its
content is refused if two readers could understand it differently (a key given twice), or if JSON cannot hold it (an
infinite number, an integer beyond 64 bits).
"""

import json
import math
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from twinproof.base.errors import UserError

if TYPE_CHECKING:
    import yaml

MEGABYTE = 2**20
# Bytes. YAML is for people; its reader takes a second for 100 kB.
LARGEST = 64 * MEGABYTE
LARGEST_YAML = MEGABYTE // 4
# Levels of nested lists and mappings, and the total number of values with every anchor written out.
DEEPEST = 64
MOST_VALUES = 100_000
LARGEST_INTEGER = 2**63 - 1


class ReadingError(UserError):
    """A file that cannot be read: not a regular file, too large, not allowed, or a fault of the disk."""


class MissingError(ReadingError):
    """A file that does not exist."""


class MalformedError(ReadingError):
    """A file with content that is not valid."""


def read_bytes(path: Path, most: int = LARGEST) -> bytes:
    """Return the content of a regular file of at most this many bytes.

    Raises
    ------
    ReadingError
        If it is missing, not a regular file, larger, or cannot be read.
    """
    try:
        found = path.stat()
        # Before it is opened: a pipe would wait for its other end.
        if not stat.S_ISREG(found.st_mode):
            raise ReadingError(f"{_named(path)}: not a regular file, but {_kind(found.st_mode)}")
        if found.st_size > most:
            raise ReadingError(f"{_named(path)}: {found.st_size} bytes; allowed: at most {most}")
        with path.open("rb") as file:
            # Files of /proc report a size of 0, and may have content.
            enough = min(most, max(found.st_size, MEGABYTE))
            content = file.read(enough + 1)
    except FileNotFoundError as error:
        raise MissingError(f"{_named(path)}: cannot be read ({error.strerror})") from None
    except OSError as error:
        raise ReadingError(f"{_named(path)}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # A name that no file can have.
        raise ReadingError(f"{_named(path)}: cannot be read ({error})") from None
    if len(content) > enough:
        raise ReadingError(f"{_named(path)}: more than {enough} bytes, although its size is {found.st_size}")
    return content


def read_text(path: Path, most: int = LARGEST) -> str:
    """Return the text of a file in UTF-8; line ends are those of Unix.

    Raises
    ------
    ReadingError
        As `read_bytes`.
    MalformedError
        If it is not text.
    """
    content = read_bytes(path, most)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MalformedError(f"{_named(path)}: not text, line {line} has a byte that is not UTF-8") from None
    if (place := text.find("\0")) >= 0:
        line = text.count("\n", 0, place) + 1
        raise MalformedError(f"{_named(path)}: not text, line {line} has a NUL character")
    return text.replace("\r\n", "\n")


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises
    ------
    ReadingError
        As `read_text`.
    MalformedError
        If it is not JSON, gives a key twice, has an infinite number or one that is too large, or is nested too deep.
    """
    return parse_json(read_text(path), _named(path))


def parse_json(text: str, source: str) -> Any:
    """Return the content of a JSON text; `source` is its name in messages.

    Raises
    ------
    MalformedError
        As `read_json`.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_number)
        _require_plain(value)
    except json.JSONDecodeError as error:
        raise MalformedError(f"{source}: not JSON: {error}") from None
    except RecursionError:
        raise MalformedError(f"{source}: {_TOO_DEEP}") from None
    except ValueError as error:
        raise MalformedError(f"{source}: {_short(str(error))}") from None
    return value


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML (or JSON) file.

    Raises
    ------
    ReadingError
        As `read_text`.
    MalformedError
        If it is not YAML, gives a key twice, is nested too deep, refers to itself, is too large once its anchors are
        written out, or has a value that YAML cannot read.
    """
    import yaml

    text = read_text(path, LARGEST_YAML)
    loader = _loader()
    try:
        return loader(text).get_single_data()
    except yaml.YAMLError as error:
        raise MalformedError(f"{_named(path)}: not YAML: {_short(' '.join(str(error).split()))}") from None
    except RecursionError:
        raise MalformedError(f"{_named(path)}: {_TOO_DEEP}") from None
    except _LimitError as error:
        raise MalformedError(f"{_named(path)}: {error}") from None


_TOO_DEEP = f"nested too deep; allowed: {DEEPEST} lists and mappings inside one another"


class _LimitError(Exception):
    """A limit that a YAML file exceeds, and where."""


def _loader() -> "type[yaml.SafeLoader]":
    """Return PyYAML's safe loader with limits: they hold before any value is made."""
    import yaml

    class Loader(yaml.SafeLoader):
        _depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self._depth += 1
            if self._depth > DEEPEST:
                raise _LimitError(_TOO_DEEP)
            node = super().compose_node(parent, index)
            self._depth -= 1
            return node

        def get_single_node(self) -> Any:
            node = super().get_single_node()
            if node is not None:
                _weigh(node, {})
            return node

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                value = super().construct_object(node, deep)
            except (ValueError, OverflowError, TypeError, AttributeError, KeyError) as error:
                raise _LimitError(f"{_place(node)}: {_short(repr(node.value))} cannot be read ({error})") from None
            if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
                raise _LimitError(f"{_place(node)}: {_short(str(node.value))} is too large; allowed: 64 bits")
            return value

    return Loader


def _weigh(node: Any, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Return how many values a node of YAML stands for and how deep it goes, once its anchors are written out."""
    import yaml

    if id(node) in known:
        count, depth = known[id(node)]
        if not count:
            raise _LimitError(f"{_place(node)}: an anchor that refers to itself")
        return count, depth
    if isinstance(node, yaml.ScalarNode):
        return 1, 0
    known[id(node)] = (0, 0)
    inner = node.value
    if isinstance(node, yaml.MappingNode):
        _require_unique(node)
        inner = [part for pair in node.value for part in pair]
    weights = [_weigh(part, known) for part in inner]
    count, depth = 1 + sum(count for count, _ in weights), 1 + max((deep for _, deep in weights), default=0)
    if count > MOST_VALUES:
        raise _LimitError(
            f"{_place(node)}: more than {MOST_VALUES} values, once its anchors are written out; allowed: {MOST_VALUES}"
        )
    if depth > DEEPEST:
        raise _LimitError(_TOO_DEEP)
    known[id(node)] = count, depth
    return count, depth


def _require_unique(mapping: Any) -> None:
    seen: dict[tuple[str, str], Any] = {}
    for key, _ in mapping.value:
        if isinstance(key.value, str):
            if (key.tag, key.value) in seen:
                first = _place(seen[key.tag, key.value])
                raise _LimitError(f"{_place(key)}: key {_short(repr(key.value))} appears twice, first in {first}")
            seen[key.tag, key.value] = key


def _place(node: Any) -> str:
    return f"line {node.start_mark.line + 1}"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} appears twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON; allowed: a finite number")


def _require_plain(value: Any) -> None:
    """Raise `ValueError` if something is nested too deep, or is a number that other programs cannot read."""
    level: Iterable[Any] = [value]
    for _ in range(DEEPEST + 1):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            elif isinstance(value, float) and not math.isfinite(value):
                raise ValueError("a number is too large; allowed: a finite number")
            elif isinstance(value, int) and abs(value) > LARGEST_INTEGER:
                raise ValueError("an integer is too large; allowed: 64 bits")
        if not below:
            return
        level = below
    raise ValueError(_TOO_DEEP)


def _named(path: Path) -> str:
    """Return a path as it is written in one line."""
    return str(path).replace("\n", "\\n")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe" if stat.S_ISFIFO(mode) else "a device or socket"


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."
