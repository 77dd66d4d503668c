"""Runs work that may fail in a separate process, and ends everything that it started, however it ends.

There are three processes. A user or Snakemake starts the first. The guard has its own session, so that it outlives the
first and can clean up after it. The third does the work, and ends with the guard. Every process that the work leaves
behind becomes a child of the guard, even if it tries to escape.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, TypeVar, cast

from twinproof.base.errors import UserError

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # From <sys/prctl.h>.
Answer = TypeVar("Answer")
REFUSED = 2
PATIENCE = 1000  # checks, one every 10 ms, until all killed processes are gone


class Ending(NamedTuple):
    """How a process ended: its exit status, 0 if it succeeded, and the same in words."""

    status: int
    words: str


def guarded(work: Callable[[], int]) -> int:
    """Do `work` in a guard and return its exit status. No descendant is left, even if this process is killed."""
    _adopt_orphans()
    guard = _fork(work, as_guard=True)
    try:
        status = os.waitpid(guard, 0)[1]
    except BaseException:
        # Ctrl-C reaches only this process.
        os.kill(guard, signal.SIGTERM)
        os.waitpid(guard, 0)
        raise
    finally:
        # If the guard itself was killed.
        end_descendants()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def write_apart(output: Path, write: Callable[[], object]) -> Ending:
    """Write a file in a separate process, and return how that ended; its descendants end with it.

    A process that seems to succeed, but did not write the file, has failed.
    """
    before = _identity(output)

    def work() -> int:
        write()
        return 0

    code = os.waitstatus_to_exitcode(os.waitpid(_fork(work), 0)[1])
    end_descendants()
    if code == -signal.SIGKILL:
        return Ending(1, "killed from outside, most often because there was not enough memory")
    if code:
        reason = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        return Ending(max(code, 1), f"failed with {reason}, see above")
    if _identity(output) == before:
        return Ending(1, f"failed: it ended without {output.name}, for example after os._exit in the twin's code")
    return Ending(0, "done")


def ask_apart(question: Callable[[], Answer]) -> Answer:
    """Return the answer of a copy of this process, a small value of JSON; without an answer, end as the copy ended.

    The work of the copy does not affect this process.
    """
    reading, writing = os.pipe()

    def work() -> int:
        os.write(writing, json.dumps(question()).encode())
        return 0

    code = os.waitstatus_to_exitcode(os.waitpid(_fork(work), 0)[1])
    # Processes that the copy started may still have the other end open.
    os.set_blocking(reading, False)
    with suppress(BlockingIOError):
        if answer := os.read(reading, 2**16):
            os.close(reading)
            os.close(writing)
            return cast(Answer, json.loads(answer))
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def end_with_parent(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Send this process a signal when its parent, process number `parent`, ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os.kill(os.getpid(), how)


def end_descendants() -> None:
    """Kill all descendants of this process, and wait until they are gone."""
    import psutil

    for _ in range(PATIENCE):
        left = psutil.Process().children(recursive=True)
        if not left:
            return
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)
    print(f"cannot be ended: process {', '.join(str(process.pid) for process in left)}", file=sys.stderr)


def _fork(work: Callable[[], int], *, as_guard: bool = False) -> int:
    """Start a process that does `work` and exits with its status, without waiting for running threads."""
    parent = os.getpid()
    _flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        if as_guard:
            os.setsid()
            _adopt_orphans()
            signal.signal(signal.SIGTERM, _leave)
            end_with_parent(parent, signal.SIGTERM)
        else:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            end_with_parent(parent)
        code = work()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        code = REFUSED
    except BaseException:
        traceback.print_exc()
    finally:
        if as_guard:
            end_descendants()
        _tidy()
        os._exit(code)


def _leave(*_: Any) -> NoReturn:
    end_descendants()
    os._exit(128 + signal.SIGTERM)


def _adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def _tidy() -> None:
    """Do what Python does at the end of a process, as far as that is quick."""
    if util := sys.modules.get("multiprocessing.util"):
        with suppress(Exception):
            util._run_finalizers()  # Removes the folder of its sockets.
    _flush()


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what distinguishes a file from one that replaces it, None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
