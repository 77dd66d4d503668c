"""Retrieves an old report from git and from DVC's cache or remote, and checks it against the digests in git."""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from twinproof.base.checkout import git_variables
from twinproof.base.errors import UserError
from twinproof.report.made_from import tree_digest
from twinproof.study.results import Results
from twinproof.versions.find import (
    EVIDENCE,
    PUBLISHED,
    RESULTS,
    extract,
    is_published,
    read_folder_version,
    read_version,
    resolve,
)

# The page and what it links to, except what is in git.
FETCHED = ["report", "notebooks", "trials"]
FOLDER = Path("build/versions")


def retrieve(revision: str) -> Path:
    """Retrieve the report of a revision into its own folder below `build/versions`, and return its page.

    For the published study, the report is in the file of its evidence.

    Raises
    ------
    UserError
        If the revision or its report does not exist, or if the report is neither in the cache nor in the remote, or
        does not match its digests.
    """
    if is_published(revision):
        return _unpack_published()
    commit = resolve(revision)
    version = read_version(revision, commit)
    folder = FOLDER / commit[:12] / RESULTS
    page = Results(folder).page
    digests = version["digests"]
    if _holds(folder, digests):
        return page
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetched-", dir=folder.parent) as scratch:
        results = extract(commit, Path(scratch))
        for part in FETCHED:
            _get(revision, commit, part, results / part)
            if tree_digest(results / part) != digests.get(part):
                raise UserError(
                    f"{revision}: {RESULTS}/{part} in DVC's cache or remote does not match its digest "
                    "in git; remove it from the cache (`dvc status`, `dvc gc`) and pull it again"
                )
        shutil.rmtree(folder, ignore_errors=True)
        results.rename(folder)
    return page


def _unpack_published() -> Path:
    """Unpack the evidence of the published study, and return the page in it."""
    packed, digests = Path(PUBLISHED, EVIDENCE), read_folder_version(PUBLISHED, Path(PUBLISHED))["digests"]
    folder = FOLDER / PUBLISHED / RESULTS
    if not _holds(folder, digests):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=folder.parent) as scratch:
            try:
                with zipfile.ZipFile(packed) as archive:
                    archive.extractall(scratch)
            except (OSError, zipfile.BadZipFile) as error:
                raise UserError(
                    f"{packed}: cannot be unpacked ({error}); `git checkout {packed}` brings it back"
                ) from None
            results = Path(scratch, RESULTS)
            if not _holds(results, digests):
                raise UserError(f"{packed}: is not what {PUBLISHED}/version.json describes, by its digests")
            shutil.rmtree(folder, ignore_errors=True)
            results.rename(folder)
    return Results(folder).page


def _holds(folder: Path, digests: dict[str, str]) -> bool:
    """Whether a folder of results has the parts with these digests."""
    return all((folder / part).is_dir() and tree_digest(folder / part) == digest for part, digest in digests.items())


def _get(revision: str, commit: str, part: str, target: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "dvc",
        "get",
        "--quiet",
        "--rev",
        commit,
        "--out",
        str(target),
        ".",
        f"{RESULTS}/{part}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=git_variables())
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["dvc get said nothing"])[0].removeprefix("ERROR: ")
        raise UserError(
            f"{revision}: {RESULTS}/{part} is neither in DVC's cache nor in its remote ({reason}); `dvc push` where "
            "it was made, then try again"
        )
