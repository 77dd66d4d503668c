"""The errors that a user can put right."""

from __future__ import annotations

import functools
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict


class UserError(Exception):
    """A mistake in the input, with a message that says what is wrong, where, and what is allowed.

    The entry points print it as one line and exit with status 2; every other exception is a fault of twinproof. What
    moves the cursor or cannot be shown at all is escaped, as names of files and values of users may have anything.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in message))


class Described(TypedDict):
    """An error as records keep it: its type, and its text."""

    type: str
    message: str


def described(error: BaseException) -> Described:
    """Return the type and the text of an error, even if its `str()` fails."""
    try:
        text = str(error)
    except Exception as broken:
        text = f"its text cannot be had: str() of it raises {type(broken).__name__}"
    return {"type": type(error).__name__, "message": text or "without a text"}


def in_a_line(error: BaseException) -> str:
    """Return the type and the text of an error in one line."""
    told = described(error)
    return f"{told['type']}: {' '.join(told['message'].split())}"


def shown(value: object, most: int = 80) -> str:
    """Return a value for a message: one line, not too long, without characters that move the cursor."""
    if isinstance(value, int) and abs(value) >= 10**most:
        return "a number of hundreds of digits"
    try:
        text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= most else f"{text[:most]}..."


def entry_point(main: Callable[[list[str] | None], int | None]) -> Callable[..., int]:
    """Have `main` return an exit status: its own, 0 if it has none, and 2 after a `UserError`, printed as one line.

    After Ctrl-C it is that of shells, and nothing is printed: who interrupts knows. Nothing is run where the present
    folder has a twinproof of its own, and this is another.
    """

    @functools.wraps(main)
    def run(arguments: list[str] | None = None) -> int:
        try:
            # While modules were imported it ended the process (twinproof/__init__.py).
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
    """Raise `UserError` if a folder lies in a copy of this project whose code is not the code that runs.

    So it is with a second working tree while the venv of the first one is active.
    """
    package = Path("src", "twinproof")
    for root in (folder, *folder.parents):
        if (root / package / "__init__.py").is_file():
            running = Path(__file__).parents[1]
            if not running.samefile(root / package):
                raise UserError(
                    f"{root} has its own twinproof, but that of {running} would run; "
                    f"activate a venv made there with `make .venv/ready`, or set PYTHONPATH={root / 'src'}"
                )
            return
