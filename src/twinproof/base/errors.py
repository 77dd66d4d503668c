"""The errors that a user can correct."""

from __future__ import annotations

import functools
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict


class UserError(Exception):
    """A mistake in the input, with a message that says what is wrong, where, and what is allowed.

    The entry points print it as one line and exit with status 2. Every other exception is a fault of twinproof.
    Characters that move the cursor or cannot be shown are escaped, because file names and values may contain any.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in message))


class Described(TypedDict):
    """An error in the form that records store: its type and its text."""

    type: str
    message: str


def described(error: BaseException) -> Described:
    """Return the type and the text of an error, even if its `str()` fails."""
    try:
        text = str(error)
    except Exception as broken:
        text = f"its text is not available: its str() raises {type(broken).__name__}"
    return {"type": type(error).__name__, "message": text or "without a text"}


def in_a_line(error: BaseException) -> str:
    """Return the type and the text of an error in one line."""
    told = described(error)
    return f"{told['type']}: {' '.join(told['message'].split())}"


def shown(value: object, most: int = 80) -> str:
    """Return a value for a message: in one line, shortened, without characters that move the cursor."""
    if isinstance(value, int) and abs(value) >= 10**most:
        return "a number of hundreds of digits"
    try:
        text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= most else f"{text[:most]}..."


def entry_point(main: Callable[[list[str] | None], int | None]) -> Callable[..., int]:
    """Have `main` return an exit status: its own, 0 if it has none, and 2 after a `UserError`, printed as one line.

    After Ctrl-C it is the status that shells use, and nothing is printed. `main` does not run if the current folder has
    a twinproof of its own that is not the one that runs.
    """

    @functools.wraps(main)
    def run(arguments: list[str] | None = None) -> int:
        try:
            # Until now, while modules were imported, Ctrl-C ended the process (twinproof/__init__.py).
            if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            require_own_code(Path.cwd())
            return main(arguments) or 0
        except UserError as error:
            print(f"error: {error}", file=sys.stderr)
            return 2
        except KeyboardInterrupt:
            return 128 + signal.SIGINT

    return run


def require_own_code(folder: Path) -> None:
    """Raise `UserError` if a folder is in a copy of this project whose code is not the code that runs.

    This happens in a second working tree while the venv of the first one is active.
    """
    package = Path("src", "twinproof")
    for root in (folder, *folder.parents):
        if (root / package / "__init__.py").is_file():
            running = Path(__file__).parents[1]
            if not running.samefile(root / package):
                raise UserError(
                    f"{root} has its own twinproof, but the code in {running} would run; "
                    f"activate a venv made there with `make .venv/ready`, or set PYTHONPATH={root / 'src'}"
                )
            return
