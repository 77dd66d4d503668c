"""Starts the Python of an environment on this code, where a command and not Snakemake asks for it."""

import os
import subprocess

from twinproof.environments.environment import Environment
from twinproof.environments.variables import SOURCE


def start(environment: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the venv of an environment, as the workflow does (common.smk), and return what it printed.

    What measures starts itself again with its own list of variables (variables.py).
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
