"""Runs one operation in a separate process, so that a crash, a hang or a killed interpreter costs only that one.

The processes are forked from a server that has imported Keras and done nothing with it: each starts in a fraction of a
second, knows no class of the user's, and leaves nothing behind.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypedDict, cast

from twinproof.base.errors import Described, described
from twinproof.measured.guard import end_with_parent

# The folder in which the trial was started, with the user's parameters and modules.
ROOT = Path.cwd()
# General warnings of libraries to their users say nothing about the operation.
_IDLE_TALK = (DeprecationWarning, PendingDeprecationWarning, FutureWarning, ImportWarning, ResourceWarning)


class Ended(TypedDict):
    """How an operation ended: its result, its error, and each message of Python's warnings and of loggers once."""

    result: Any
    error: Described | None
    warnings: list[str]


class Apart:
    """Runs functions in other processes, one at a time, each in its own working folder and with a time limit.

    Parameters
    ----------
    seconds
        The time limit of one operation.
    files
        Files that the functions read, by their paths from the project's folder: each working folder has them.
    """

    def __init__(self, seconds: float, files: Iterable[str] = ()) -> None:
        self._seconds, self._files = seconds, {name: ROOT / name for name in files}
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["keras"])

    def run(self, operation: Callable[..., Any], *arguments: Any) -> Ended:
        """Return how `operation(*arguments)` ended.

        Both are sent to the other process, so they must be functions of a module, and plain values; so must the result.

        A process that ends by itself has the error type "Crash", one that exceeds the limit "Timeout".
        """
        ours, theirs = self._context.Pipe(duplex=False)
        with _folder() as folder:
            process = self._context.Process(target=_apart, args=(theirs, folder, self._files, operation, arguments))
            process.start()
            theirs.close()
            try:
                if ours.poll(self._seconds):
                    return cast(Ended, ours.recv())
                return _ended("Timeout", f"not done after {self._seconds:g} s")
            except (EOFError, OSError):
                # OSError: in the middle of sending.
                process.join()
                return _ended("Crash", f"the process ended by itself: {_ending(process.exitcode)}")
            finally:
                _end(process.pid)
                process.join()
                ours.close()


@contextmanager
def _folder() -> Iterator[str]:
    """Make a temporary folder; files that cannot be removed stay, and are not a fault of the operation."""
    folder = tempfile.mkdtemp(prefix="twinproof-")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end(pid: int | None) -> None:
    """End a process and everything that it started, if any of it still runs."""
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError):
            end(pid or 0, signal.SIGKILL)


def _ended(kind: str, message: str) -> Ended:
    return {"result": None, "error": {"type": kind, "message": message}, "warnings": []}


def _ending(code: int | None) -> str:
    return signal.Signals(-code).name if code and code < 0 else f"exit status {code}"


def _apart(
    connection: Connection,
    folder: str,
    files: Mapping[str, Path],
    operation: Callable[..., Any],
    arguments: tuple[Any, ...],
) -> None:
    """Run in the other process: do the operation and send its outcome."""
    os.setsid()  # Processes that it starts end with it.
    # The parent is the server, which ends with the process that would end this one.
    end_with_parent(os.getppid())
    work = Path(folder) / "work"
    work.mkdir()
    for name, file in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).symlink_to(file)
    os.chdir(work)
    # Files that libraries leave behind are removed with the folder.
    tempfile.tempdir = folder
    # Printed output goes to the log.
    os.dup2(2, 1)
    with collect_warnings() as messages:
        try:
            found: dict[str, Any] = {"result": operation(*arguments), "error": None}
        except Exception as error:
            if isinstance(error, MemoryError):
                # The machine has no more memory: the same as if the process had been killed for it.
                os.kill(os.getpid(), signal.SIGKILL)
            traceback.print_exc()
            found = {"result": None, "error": described(error)}
    connection.send(_readable({**found, "warnings": list(dict.fromkeys(messages))}, folder))
    connection.close()
    sys.stdout.flush()
    # Do not wait for threads that a backend left running.
    os._exit(0)


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """Collect the messages of warnings and loggers."""
    messages: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    collector = Collector(logging.WARNING)
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in ("absl", "tensorflow"))]
    for logger in loggers:
        logger.addHandler(collector)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield messages
        finally:
            messages += [str(warning.message) for warning in caught if not issubclass(warning.category, _IDLE_TALK)]
            for logger in loggers:
                logger.removeHandler(collector)


def _readable(found: Any, folder: str) -> Any:
    """Remove from every text the parts that belong only to this run or this machine."""
    if isinstance(found, dict):
        return {key: _readable(value, folder) for key, value in found.items()}
    if isinstance(found, list):
        return [_readable(value, folder) for value in found]
    if not isinstance(found, str):
        return found
    for pattern, instead in (
        (re.escape(f"{folder}/work"), "."),
        (re.escape(folder), ".."),
        # For this trial's other folders and the user's own, keep only the names inside them.
        (r"/\S*?/twinproof-\w{8}/", ""),
        # For the packages and the project, keep the paths from their own folder on.
        (r"/\S*?/(?=site-packages/|src/twinproof/)", ""),
        (re.escape(str(ROOT)) + "/", ""),
        (r"\b0x[0-9a-f]{6,}\b", "0x..."),
        (r"__autograph_generated_file\w+", "__autograph_generated_file"),
        (r"\x1b\[\d*m", ""),
    ):
        found = re.sub(pattern, instead, found)
    return found.strip()
