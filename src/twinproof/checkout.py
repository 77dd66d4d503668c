"""The version of the code that runs."""

import os
import subprocess
from pathlib import Path

VARIABLE = "TWINPROOF_COMMIT"


def commit() -> str | None:
    """Return the commit that is checked out, None outside a git checkout.

    It ends in `-dirty` if source, locks or parameters differ from it; what the study itself writes does not count.
    In a container, where there is no git, it is what the workflow found outside and handed in.
    """
    if VARIABLE in os.environ:
        return os.environ[VARIABLE] or None
    root = Path(__file__).parents[2]

    def git(*arguments: str) -> str:
        # Without its optional locks git only reads: else it writes what it found to its index.
        command = ["git", "--no-optional-locks", "-C", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        head = git("rev-parse", "HEAD")
        changes = git("status", "--porcelain", "--", "src", "containers", "data", "params.yaml")
    except (OSError, subprocess.CalledProcessError):
        return None
    return f"{head}-dirty" if changes else head
