"""The facts of the worker, as seen from inside the process that measures."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any

import twinproof
from twinproof.errors import UserError


def pin_threads(threads: int) -> None:
    """Make every numeric library that is imported from now on use this many processor threads."""
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[variable] = str(threads)


def machine() -> dict[str, Any]:
    """Return what the worker is made of. Memory is in bytes; `cores` are those this process may use."""
    import psutil

    return {
        "host": platform.node(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": psutil.virtual_memory().total,
        "image": os.environ.get("TWINPROOF_IMAGE"),
    }


def load() -> float:
    """Return the mean number of runnable processes over the last minute."""
    return os.getloadavg()[0]


def software(lock: Path) -> dict[str, str]:
    """Return the version of each installed package that `lock` pins, of Python and of twinproof.

    Raises
    ------
    UserError
        If a package is missing or of another version: then this is not the environment that the lock names.
    """
    pinned = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock.read_text(), re.MULTILINE))
    versions = {}
    for name, expected in pinned.items():
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "missing"
        if versions[name] != expected:
            raise UserError(
                f"environment {lock.stem}: {name} is {versions[name]}, but {lock} says {expected}; "
                f"remove results/environments/{lock.stem} and run again"
            )
    return {"python": platform.python_version(), "twinproof": twinproof.__version__, **versions}


def commit() -> str | None:
    """Return the commit that is checked out, None outside a git checkout.

    It ends in `-dirty` if source, locks or parameters differ from it; what the study itself writes does not count.
    """
    root = Path(__file__).parents[2]

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        head = git("rev-parse", "HEAD")
        changes = git("status", "--porcelain", "--", "src", "containers", "data", "params.yaml")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{head}-dirty" if changes else head


def _processor() -> str:
    # py-cpuinfo tells much more, but takes 1.2 s of processor time in every trial.
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()
