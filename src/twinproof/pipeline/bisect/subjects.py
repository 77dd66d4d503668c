"""What can be run in each release of Keras: a pitfall of the catalogue, or a user's program."""

import os
import signal
import subprocess
import tempfile
import textwrap
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from twinproof.base.reading import read_text
from twinproof.environments.environment import Environment
from twinproof.environments.variables import FIXED, PROGRAMS, let_through
from twinproof.pipeline import attempts

# Characters of the observation, in the line of a release.
LONGEST = 100
# The exit status of a process that found a mistake in its input.
REFUSED = 2
TRACEBACK = "Traceback (most recent call last):\n"


class Outcome(NamedTuple):
    """The outcome in a release: the words that are compared with those of other releases, and other observations."""

    words: str
    seen: str


class Subject(Protocol):
    """Something to run in each release."""

    @property
    def name(self) -> str:
        """The name in tables and messages."""

    def run(self, environment: Environment) -> Outcome:
        """Return the outcome in an installed environment."""


def find_subject(name: str, params: Path, seconds: float) -> Subject:
    """Return the program of this path, or the pitfall of this name.

    Raises
    ------
    UserError
        If there is no such file, or no such pitfall.
    """
    if name.endswith(".py"):
        read_text(Path(name))
        return Program(Path(name), seconds)
    (pitfall,) = attempts.choose([name])
    return Pitfall(pitfall, params)


@dataclass(frozen=True)
class Pitfall:
    """A pitfall of the catalogue, as twin/name."""

    name: str
    params: Path

    def run(self, environment: Environment) -> Outcome:
        """Return the outcome that `twinproof try` prints; a pitfall that cannot be imported there has one too.

        Raises
        ------
        UserError
            If parameters or data are not valid.
        """
        try:
            (cell,) = attempts.run_in(environment.name, self.params, [self.name])
        except attempts.FailedError as error:
            if error.status == REFUSED:
                raise
            return Outcome("cannot be tried", _last(error.said))
        return Outcome(attempts.outcome_of(cell), _line(attempts.text_of(cell)))


@dataclass(frozen=True)
class Program:
    """A user's program. Its outcome is the last line that it prints if it succeeds, otherwise the type of its error."""

    path: Path
    seconds: float

    @property
    def name(self) -> str:
        """The path as it was given."""
        return str(self.path)

    def run(self, environment: Environment) -> Outcome:
        """Run it in an empty working folder, with the clean list of variables, without the user's settings of Keras."""
        python = environment.venv.absolute() / "bin" / "python"
        with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
            # Python finds modules next to the program, as in the user's own shell.
            variables = {name: value for name, value in FIXED.items() if name != "PYTHONSAFEPATH"} | {
                "PATH": f"{python.parent}{os.pathsep}{PROGRAMS}",
                "HOME": folder,
                "KERAS_HOME": folder,
                "KERAS_BACKEND": "tensorflow",
                "PYTHONDONTWRITEBYTECODE": "1",
                "TF_CPP_MIN_LOG_LEVEL": "2",
                **let_through(os.environ),
            }
            with subprocess.Popen(
                [python, self.path.absolute()], cwd=_made(folder, "work"), env=variables, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
            ) as process:  # fmt: skip
                try:
                    printed, complained = process.communicate(timeout=self.seconds)
                except subprocess.TimeoutExpired:
                    return Outcome(f"not done after {self.seconds:g} s", "")
                finally:
                    # And the processes that it started.
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
        return read_outcome(process.returncode, printed, complained)


def read_outcome(status: int, printed: str, complained: str) -> Outcome:
    """Return the outcome of a program that ended with this status and wrote this to standard output and error."""
    if status < 0:
        return Outcome(f"crashes with {signal.Signals(-status).name}", "")
    if status == 0:
        said = _last(printed)
        return Outcome(f"works: {said}" if said else "works", "")
    _, raised, error = complained.rpartition(TRACEBACK)
    # The line without indentation is the error itself; the lines of the program are indented.
    lines = [line for line in error.splitlines() if line and not line[0].isspace()] if raised else []
    if lines:
        kind, _, message = lines[0].partition(": ")
        return Outcome(f"fails with {kind.rpartition('.')[2]}", _line(message))
    said = _last(complained) or _last(printed) or f"exit status {status}"
    return Outcome(f"fails: {said}", "")


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return _line(lines[-1]) if lines else ""


def _line(text: str) -> str:
    return textwrap.shorten(text, LONGEST, placeholder=" ...")


def _made(folder: str, name: str) -> Path:
    path = Path(folder, name)
    path.mkdir()
    return path
