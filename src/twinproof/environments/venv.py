"""Installs the venv of an environment for commands that run without Snakemake, with the same script."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import textwrap
from pathlib import Path

from twinproof.base.checkout import ROOT
from twinproof.base.errors import UserError
from twinproof.environments.environment import Environment

# Characters to show of the output of a failed installation.
LONGEST = 300


def install(environment: Environment) -> bool:
    """Make the venv of an environment from its lock, unless it is complete; return whether it was made.

    Raises
    ------
    UserError
        If it could not be installed, with the path of the whole output.
    """
    if environment.venv_fault() is None:
        return False
    log = environment.venv_mark.with_suffix(".log")
    environment.folder.mkdir(parents=True, exist_ok=True)
    with log.open("a") as told:
        # Another command may be making the same.
        fcntl.flock(told, fcntl.LOCK_EX)
        if environment.venv_fault() is None:
            return False
        told.truncate(0)
        done = subprocess.run(
            ["/usr/bin/env", "bash", ROOT / "workflow" / "venv", environment.lock, environment.venv_mark],
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            stdout=told,
            stderr=told,
        )
    if done.returncode:
        said = textwrap.shorten(log.read_text(errors="replace"), LONGEST, placeholder=" ...")
        raise UserError(f"{environment.name}: could not be installed; the whole output is in {log}: {said}")
    return True
