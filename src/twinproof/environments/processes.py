"""Starts the Python of an environment on this code, for commands that run without Snakemake."""

import os
import subprocess
from collections.abc import Collection
from pathlib import Path

from twinproof.base.errors import UserError, shown
from twinproof.environments.backends import BACKENDS
from twinproof.environments.environment import Environment
from twinproof.environments.variables import FIXED, PROGRAMS, SOURCE, let_through


def start(environment: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the venv of an environment, as the workflow does (common.smk), and return what it printed.

    A process that measures restarts itself with its own list of variables (variables.py).
    """
    variables = {"PYTHONPATH": str(SOURCE), "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1"}
    return subprocess.run(
        [Environment(environment).venv / "bin" / "python", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def start_clean(python: Path, backend: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python on this code with the clean list of variables and a backend of Keras; return what it printed.

    It imports a user's modules only from the places that the user names.
    """
    variables = {
        **FIXED,
        "PATH": f"{python.parent}{os.pathsep}{PROGRAMS}",
        "PYTHONPATH": str(SOURCE),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        **let_through(os.environ),
    }
    if backend:
        variables["KERAS_BACKEND"] = backend
    return subprocess.run(
        [python, *arguments], env=variables, capture_output=True, text=True, errors="replace", check=False
    )


def split_backend(name: str) -> tuple[str, str]:
    """Return the environment and the backend of a name ENVIRONMENT@BACKEND; "" if there is no backend.

    Raises
    ------
    UserError
        If there is no such backend.
    """
    where, at, backend = name.rpartition("@")
    if not at or "/" in backend:  # A folder may have such a name.
        return name, ""
    if backend not in BACKENDS:
        raise UserError(f"--in {shown(name)}: no backend of that name; allowed: {', '.join(BACKENDS)}")
    return where, backend


def find_python(name: str, known: Collection[str]) -> Path:
    """Return the Python of an installed environment of the parameters, or of a folder that is a venv.

    Raises
    ------
    UserError
        If it is neither.
    """
    if name in known:
        environment = Environment(name)
        if fault := environment.venv_fault():
            raise UserError(f"--in {name}: {fault}; `snakemake --cores 2 {environment.venv_mark}` installs it")
        return environment.venv / "bin" / "python"
    python = Path(name, "bin", "python")
    if python.exists():
        return python.absolute()
    raise UserError(
        f"--in {name}: no such environment; allowed: {', '.join(known) or 'none here'}, or a folder with a venv"
    )
