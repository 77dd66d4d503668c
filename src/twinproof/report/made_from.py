"""What a report is made from: digests of parameters, data, locks and code."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twinproof.base.files import sha256
from twinproof.environments.environment import Environment
from twinproof.study.params import Params

# Whatever a report's content may depend on, apart from parameters, data and locks.
CODE = ["src/twinproof", "workflow", "Snakefile"]


def made_from(params: Params) -> dict[str, Any]:
    """Return the SHA-256 of what a report is made from: parameters, data, locks, and code.

    Raises
    ------
    UserError
        If an environment of the parameters has no lock.
    """
    return {
        "params": hashlib.sha256(json.dumps(params.content(), sort_keys=True).encode()).hexdigest(),
        "data": sha256(params.data.checksums),
        "locks": {name: Environment(name).lock_digest() for name, asked in params.environments.items() if asked.probes},
        "workflow_lock": sha256(Path("workflow/requirements.txt")),
        "code": _digest(_files(CODE)),
    }


def tree_digest(folder: Path) -> str:
    """Return the SHA-256 of a folder: of the digest and the relative path of each of its files."""
    return _digest((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())


def _files(places: Iterable[str]) -> Iterable[tuple[str, Path]]:
    for place in places:
        root = Path(place)
        for path in [root] if root.is_file() else root.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.as_posix(), path


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    lines = sorted(f"{sha256(path)}  {name}\n" for name, path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
