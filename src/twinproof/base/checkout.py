"""The commit of the code that runs. Standard library only: `containers/build` uses it too."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
PACKAGE = "src/twinproof/__init__.py"
# How the commit reaches a process that measures: git, or the user's settings of git, may be missing there.
COMMIT, MISSING = "TWINPROOF_COMMIT", "TWINPROOF_COMMIT_MISSING"


class Commit(NamedTuple):
    """The commit that is checked out, or the reason why there is none. One of the two is None.

    A commit ends in `-dirty` if source, locks, data or parameters differ from it.
    """

    commit: str | None
    missing: str | None

    def variables(self) -> dict[str, str]:
        """Return the variables that pass the commit on to another process."""
        return {COMMIT: self.commit or "", MISSING: self.missing or ""}


def find_commit(root: Path = ROOT) -> Commit:
    """Return the commit of the code in `root`. It counts only if the repository is this one, and not one around it."""
    try:
        if not is_toplevel(root):
            return Commit(None, "this folder is inside another git repository")
        head = git(root, "rev-parse", "--verify", "HEAD").decode().strip()
        if not git(root, "ls-tree", "HEAD", PACKAGE):
            return Commit(None, f"the repository does not contain {PACKAGE}")
        changes = git(
            root, "status", "--porcelain", "--untracked-files=normal", "--", "src", "containers", "data", "params.yaml"
        )
    except (OSError, subprocess.CalledProcessError) as error:
        return Commit(None, why_git_failed(error))
    return Commit(f"{head}-dirty" if changes else head, None)


def received_commit(variables: Mapping[str, str]) -> Commit:
    """Return the commit from variables that `Commit.variables` returned."""
    if commit := variables.get(COMMIT):
        return Commit(commit, None)
    return Commit(None, variables.get(MISSING) or "the process got no commit from the one that started it")


def is_toplevel(folder: Path) -> bool:
    """Return whether a folder is the top of a git repository's working tree.

    Raises
    ------
    OSError, subprocess.CalledProcessError
        As `git`.
    """
    top = git(folder, "rev-parse", "--show-toplevel").removesuffix(b"\n")
    return bool(top) and Path(os.fsdecode(top)).samefile(folder)


def git(folder: Path, *arguments: str) -> bytes:
    """Return the output of git in a folder. The folder alone decides which repository is read.

    Raises
    ------
    OSError
        If there is no git.
    subprocess.CalledProcessError
        If it fails; `stderr` is in English.
    """
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, check=True, env=git_variables()).stdout


def git_variables() -> dict[str, str]:
    """Return the variables of this process, without those that make git use another repository."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, "LC_ALL": "C"}


def why_git_failed(error: OSError | subprocess.CalledProcessError) -> str:
    """Return in a few words why git failed."""
    if isinstance(error, OSError):
        return "git is not installed"
    for message, why in (
        (
            b"dubious ownership",
            "git does not trust the owner of this folder; see safe.directory in `git help config`",
        ),
        (b"not a git repository", "this folder is in no git repository"),
        (b"Needed a single revision", "nothing is committed yet"),
    ):
        if message in error.stderr:
            return why
    return f"git failed with exit status {error.returncode}"
