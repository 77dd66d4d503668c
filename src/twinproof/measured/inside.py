"""The view from inside an environment: `python -m twinproof.measured.inside` prints it as one line of JSON.

Standard library only, and no backend is imported: it is quick, and it works if a backend cannot be imported.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import json
import os
import platform
import re
import sysconfig
from pathlib import Path
from typing import TypedDict

from twinproof.environments.variables import enter
from twinproof.measured.machine import Gpus, gpus


class Seen(TypedDict):
    """The view from inside an environment; GPUs only if there are CUDA libraries."""

    python: str
    packages: dict[str, str]
    lock: str | None
    build: str | None
    libraries: dict[str, str | None]
    gpus: Gpus | None


def look() -> Seen:
    """Return the packages, the image's description, the CUDA libraries and, if there are any, the GPUs."""
    libraries = sorted(Path(sysconfig.get_path("purelib")).glob("nvidia/*/lib/*.so*"))
    return {
        "python": platform.python_version(),
        "packages": packages(),
        # Both are written into the image when it is built.
        "lock": os.environ.get("TWINPROOF_LOCK"),
        "build": os.environ.get("TWINPROOF_BUILD"),
        "libraries": {library.name: fault(library) for library in libraries},
        "gpus": gpus() if libraries else None,
    }


def packages() -> dict[str, str]:
    """Return the version of each package, under the name that locks use."""
    found = ((each.metadata["Name"], each.version) for each in importlib.metadata.distributions())
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def fault(library: Path) -> str | None:
    """Return why a library cannot be loaded, None if it can."""
    try:
        ctypes.CDLL(str(library))
    except OSError as error:
        return str(error).removeprefix(f"{library}: ")
    return None


if __name__ == "__main__":
    # Started like a trial, so that both see the same.
    enter("twinproof.measured.inside")
    print(json.dumps(look(), sort_keys=True))
