"""The venv and the image of an environment, as seen from outside and from inside."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from twinproof.environments.backends import BACKENDS
from twinproof.environments.environment import Environment

ROOT = Path(__file__).parents[3]
# Seconds to wait for a version, and for a look inside an image, which may have to be unpacked first.
QUICK, PATIENCE = 20, 120
SHOWN = {
    **{package: backend.title for backend in BACKENDS.values() for package in backend.packages},
    "keras": "Keras",
}

View = dict[str, Any]  # as `twinproof.measured.inside` prints it


@dataclass(frozen=True)
class Installation:
    """The venv or the image of an environment, as seen from outside."""

    name: Literal["venv", "image"]
    made: bool
    fault: str | None
    facts: list[str]
    python: list[str] | None  # None if nothing here runs it
    remedy: str

    @property
    def whole(self) -> bool:
        """Whether trials can run in it, as far as is visible from outside."""
        return self.fault is None and self.python is not None


class NoAnswerError(Exception):
    """A program that failed to answer, and why."""


def find_venv(environment: Environment) -> Installation:
    """Return the venv of an environment, made or not."""
    made = environment.venv_mark.exists()
    remedy = f"snakemake --cores 2 {'--force ' * made}{environment.venv_mark}"
    python = [str(environment.venv.absolute() / "bin" / "python")]
    return Installation("venv", made, environment.venv_fault(), [], python, remedy)


def find_image(environment: Environment, runtime: str | None) -> Installation:
    """Return the image of an environment, built or not, and how `runtime` runs it."""
    described, sif, facts, python = environment.image(), environment.sif.absolute(), [], None
    made = described is not None and sif.exists()
    if described and made:
        facts = [described["image"][:19], f"{sif.stat().st_size / 1e6:.0f} MB"]
    if runtime:
        # The options with which trials run in it (workflow/profiles/default), but read-only.
        options = ["--cleanenv", "--contain", "--nv", "--bind", f"{ROOT}:{ROOT}:ro", "--pwd", str(ROOT)]
        python = [runtime, "exec", *options, str(sif), "python"]
    fault = environment.image_fault() or (None if sif.exists() else f"without {environment.sif}")
    return Installation("image", made, fault, facts, python, f"containers/build {environment.name}")


def list_differences(environment: Environment, installation: Installation, view: View) -> Iterator[str]:
    """Yield the differences between the inside of an installation and what it should contain."""
    if installation.name == "image":
        lock = environment.lock_digest()
        if view["lock"] != lock:
            yield f"inside, its lock is {(view['lock'] or 'none')[:12]}, {environment.lock} is {lock[:12]}"
        elif view["build"] != (environment.image() or {}).get("build"):
            yield f"not the one that {environment.image_mark} describes"
    pinned, held = environment.pinned(), view["packages"]
    for name in sorted(pinned, key=lambda name: name not in SHOWN):
        if held.get(name) != pinned[name]:
            yield f"{name} is {held.get(name, 'missing')}, the lock says {pinned[name]}"


def inspect(python: list[str]) -> View:
    """Return the output of `twinproof.measured.inside` under this Python."""
    *before, program = python
    source = [f"PYTHONPATH={ROOT / 'src'}", "PYTHONSAFEPATH=1", "PYTHONNOUSERSITE=1"]
    answer = ask([*before, "/usr/bin/env", *source, program, "-m", "twinproof.measured.inside"], PATIENCE)
    try:
        # Libraries may print when they are loaded, so only the last line counts.
        view: View = json.loads(answer.splitlines()[-1])
    except (IndexError, ValueError):
        raise NoAnswerError("the answer cannot be read") from None
    return view


def ask(command: list[str], seconds: float) -> str:
    """Return the output of a program; kill all its processes if it takes longer than `seconds`.

    Raises
    ------
    NoAnswerError
        If the program does not exist, fails, or takes longer.
    """
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise NoAnswerError("not here" if isinstance(error, FileNotFoundError) else str(error.strerror)) from None
    try:
        answer, errors = child.communicate(timeout=seconds)
    except BaseException as error:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise NoAnswerError(f"no answer within {seconds} s") from None
        raise
    if child.returncode:
        raise NoAnswerError((errors.strip().splitlines() or [f"exit status {child.returncode}"])[-1])
    return answer
