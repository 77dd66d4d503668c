"""Studies in git: which revisions have a report, and the study of a revision."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from twinproof.analysis.columns import COLUMNS, read_table
from twinproof.base import checkout
from twinproof.base.errors import UserError
from twinproof.base.reading import MalformedError, MissingError, parse_json, read_json
from twinproof.report.made_from import tree_digest
from twinproof.study.params import Params, read_params
from twinproof.study.results import Results
from twinproof.versions.describe import FILE, FORMAT

# The folder of a study in git. Other folders, such as that of the quick study, belong to no version.
RESULTS = "results"
WORKSPACE = "the workspace"
# In every clone, the folder of the study that the README quotes (see `twinproof.versions.publish`). It is also the name
# of this study wherever a revision can be named.
PUBLISHED = "published"
# Its records, notebooks and page are in this file of the folder.
EVIDENCE = "evidence.zip"
# What listing, comparing and showing versions need of version.json.
NEEDED = {"commit": object, "environments": list, "answer": str, "made_from": dict, "digests": dict}


class Study(NamedTuple):
    """A study: its name, its version from `describe`, its parameters and its tables.

    `whole` says whether the tables match the digest in the version.
    """

    name: str
    version: dict[str, Any]
    params: Params
    tables: dict[str, pd.DataFrame]
    whole: bool = True


class Listed(NamedTuple):
    """A revision that has a report: tags or short commit, date of the commit, and content of version.json."""

    name: str
    date: str
    version: dict[str, Any]


def list_versions() -> Iterator[Listed]:
    """Yield the published study, then each revision with a report, newest first.

    These are every tag, and every commit that changed the report. One whose version.json is incomplete is left out.

    Raises
    ------
    UserError
        If the current folder is not the top level of a git repository.
    """
    _require_repository()
    if is_published(PUBLISHED):
        published = read_folder_version(PUBLISHED, Path(PUBLISHED))
        yield Listed(PUBLISHED, str(published.get("last"))[:10], published)
    tags: dict[str, list[str]] = {}
    # An annotated tag lists its commit first.
    pattern = "--format=%(refname:short) %(*objectname) %(objectname)"
    for line in _git("for-each-ref", pattern, "refs/tags").splitlines():
        name, *commits = line.split()
        tags.setdefault(commits[0], []).append(name)
    with_changes = set(_git("log", "--all", "--format=%H", "--", f"{RESULTS}/{FILE}").split())
    # No parent comes before its child, even if both were made in the same second.
    for line in _git("log", "--all", "--date-order", "--format=%H %cs").splitlines():
        commit, date = line.split()
        if commit in tags or commit in with_changes:
            version = _version(commit)
            if version is not None and not _missing(version):
                yield Listed(", ".join(sorted(tags.get(commit, []))) or commit[:10], date, version)


def is_published(name: str) -> bool:
    """Whether a name is that of the published study, and this clone has one."""
    return name == PUBLISHED and Path(PUBLISHED, FILE).exists()


def read_revision(revision: str) -> Study:
    """Return the study that a revision holds, or the published one by its name.

    Raises
    ------
    UserError
        If the revision does not exist, or its report is missing, incomplete or of an unknown format.
    """
    if is_published(revision):
        return read_folder(PUBLISHED, Path(PUBLISHED))
    commit = resolve(revision)
    version = read_version(revision, commit)
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        return _read(revision, extract(commit, Path(folder)), version)


def extract(commit: str, folder: Path) -> Path:
    """Extract the results of a commit into `folder`, except what DVC keeps, and return their folder in it."""
    packed = checkout.git(Path.cwd(), "archive", "--format=tar", commit, RESULTS)
    # Not `extractall`: in Python 3.11.2, as in Debian 12, it cannot refuse links and paths out of the folder.
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in filter(tarfile.TarInfo.isreg, archive):
            path = (folder / member.name).resolve()
            if path.is_relative_to(folder.resolve()) and (content := archive.extractfile(member)):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
    return folder / RESULTS


def read_version(revision: str, commit: str) -> dict[str, Any]:
    """Return the version of the report in a commit, which the user calls `revision`.

    Raises
    ------
    UserError
        If its report is missing, incomplete or of an unknown format.
    """
    version = _version(commit)
    if version is None:
        raise UserError(
            f"{revision}: has no report, as {RESULTS}/{FILE} is not in it; `twinproof versions` lists those that have"
        )
    return _checked(revision, version)


def read_workspace(results: Path) -> Study:
    """Return the study in the folder `results`, which need not be committed; raises as `read_folder` does."""
    return read_folder(WORKSPACE, results)


def read_folder(name: str, results: Path) -> Study:
    """Return the study in a folder, under the name by which messages call it; raises as `read_folder_version` does."""
    return _read(name, results, read_folder_version(name, results))


def read_folder_version(name: str, results: Path) -> dict[str, Any]:
    """Return the version of the study in a folder, under the name by which messages call it.

    Raises
    ------
    UserError
        If the report is missing, incomplete or of an unknown format.
    """
    try:
        version = read_json(results / FILE)
    except MissingError:
        raise UserError(f"{results}: has no report; `snakemake --cores all` makes one") from None
    except MalformedError as error:
        raise UserError(f"{error}; `snakemake --cores all` writes it again") from None
    return _checked(name, version)


def resolve(revision: str) -> str:
    """Return the commit of a revision (a tag, a branch or a commit).

    Raises
    ------
    UserError
        If the revision does not exist, or the current folder is not the top level of a git repository.
    """
    _require_repository()
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except subprocess.CalledProcessError:
        raise UserError(f"{revision}: no such revision; `twinproof versions` lists those that have a report") from None


def _read(name: str, results: Path, version: dict[str, Any]) -> Study:
    try:
        tables = {table: read_table(Results(results).tables, table) for table in COLUMNS}
        whole = tree_digest(Results(results).tables) == version["digests"].get("tables")
        return Study(name, version, read_params(Results(results).params), tables, whole)
    except UserError as error:
        raise UserError(f"{name}: {str(error).replace(f'{results}/', f'{RESULTS}/')}") from None


def _checked(name: str, version: Any) -> dict[str, Any]:
    actual = version.get("format") if isinstance(version, dict) else None
    if actual != FORMAT:
        raise UserError(
            f"{name}: its report is of format {actual!r}; allowed: {FORMAT}; the twinproof of its own commit reads it"
        )
    if missing := _missing(version):
        raise UserError(
            f"{name}: {RESULTS}/{FILE} lacks {', '.join(missing)}; remove it there, and `snakemake --cores all` writes "
            "it again"
        )
    return dict(version)


def _missing(version: dict[str, Any]) -> list[str]:
    """Return the keys that a version lacks or that have the wrong type."""
    missing = [key for key, kind in NEEDED.items() if key not in version or not isinstance(version[key], kind)]
    if "environments" not in missing and not all(isinstance(name, str) for name in version["environments"]):
        missing.append("environments")
    return missing


def _version(commit: str) -> dict[str, Any] | None:
    """Return the content of version.json in a commit, None if it has none."""
    try:
        version = parse_json(_git("show", f"{commit}:{RESULTS}/{FILE}"), f"{commit}:{RESULTS}/{FILE}")
    except (subprocess.CalledProcessError, UnicodeDecodeError, MalformedError):
        return None
    return version if isinstance(version, dict) else None


def _require_repository() -> None:
    """Raise `UserError` unless the current folder is the top level of a git repository."""
    folder = Path.cwd()
    try:
        why = None if checkout.is_toplevel(folder) else "this folder is inside another git repository"
    except (OSError, subprocess.CalledProcessError) as error:
        why = checkout.why_git_failed(error)
    if why:
        raise UserError(f"{folder}: no git repository of its own ({why}); versions are its commits")


def _git(*arguments: str) -> str:
    return checkout.git(Path.cwd(), *arguments).decode()
