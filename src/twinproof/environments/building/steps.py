"""The steps of a build, the commands that it runs, and how it ends when it is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# Ends a build's processes if the build itself is killed and cannot: its standard input then closes.
GUARD = 'read -r _; kill -TERM "-$1"; sleep 5; kill -KILL "-$1"'


class StepError(Exception):
    """A step that failed; its own output has been shown."""


class StoppedError(Exception):
    """A signal that ends the build."""


def stop(number: int, _frame: object) -> NoReturn:
    """Turn a signal into an exception."""
    ignore_signals()
    raise StoppedError(number)


def ignore_signals() -> None:
    """Ignore signals from now on: what remains is short."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)


def begin() -> None:
    """Begin a child: it leads its own process group, and no signal is blocked in it."""
    os.setpgid(0, 0)
    take_signals()


def take_signals() -> None:
    """Deliver the signals that were blocked."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)


def run(command: list[str], work: Path) -> None:
    """Run a command in `work`, where its temporary files go, too; show its output; end all its processes if stopped.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    kept = {f"{name}_{what}": str(work) for name in ("APPTAINER", "SINGULARITY") for what in ("TMPDIR", "CACHEDIR")}
    docker = {"DOCKER_BUILDKIT": "1", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    environment = {**os.environ, **kept, **docker, "TMPDIR": str(work), "BUILDAH_ISOLATION": "chroot"}
    # No signal may arrive between the start of the child and the moment when it is known here.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        cwd=work,
        env=environment,
        preexec_fn=begin,
    )
    guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", str(child.pid)], stdin=subprocess.PIPE, start_new_session=True
    )
    try:
        take_signals()
        status = child.wait()
    except StoppedError:
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(child.pid, signal.SIGTERM)
            child.wait(20)
        raise
    finally:
        # A process that outlives the command does so by mistake.
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        guard.kill()
        guard.communicate()
    if status:
        raise subprocess.CalledProcessError(status, command)


@dataclass
class Steps:
    """The steps of a build: announced, timed, and named if they fail."""

    total: int
    seconds: dict[str, float | None] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, what: str, advice: str) -> Iterator[None]:
        """Announce a step and time it; `advice` is what to do if it fails."""
        start = time.monotonic()
        head = f"==> [{len(self.seconds) + 1}/{self.total}] {name}:"
        print(head, what, flush=True)
        try:
            yield
        except (StepError, OSError, subprocess.CalledProcessError) as error:
            why = "its own output is above" if isinstance(error, subprocess.CalledProcessError) else error
            raise StepError(f"step {name} failed ({why}); nothing was left half-built; {advice}") from error
        self.seconds[name] = round(time.monotonic() - start, 1)
        print(f"{head} {self.seconds[name]:.0f} s", flush=True)
