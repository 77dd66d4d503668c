"""The studies that git holds: which revisions have a report, and the tables of one of them."""

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
from twinproof.study.params import Params, read_params
from twinproof.study.results import Results
from twinproof.versions.describe import FILE, FORMAT

# Where a study lies in git; another folder, as that of the quick study, is in no version.
RESULTS = "results"
WORKSPACE = "the workspace"
# What those who list, compare and show versions read of version.json.
NEEDED = {"commit": object, "environments": list, "answer": str, "made_from": dict, "digests": dict}


class Study(NamedTuple):
    """A study as git keeps it: what it is called, its version as `describe` made it, parameters and tables."""

    name: str
    version: dict[str, Any]
    params: Params
    tables: dict[str, pd.DataFrame]


class Listed(NamedTuple):
    """A revision that has a report: tags or short commit, the date of the commit, and what version.json says."""

    name: str
    date: str
    version: dict[str, Any]


def list_versions() -> Iterator[Listed]:
    """Yield each revision with a report, the newest first: every tag, and every commit that brought another report.

    A report whose version.json lacks what is to be told of it is left out.

    Raises
    ------
    UserError
        If this is no git repository.
    """
    _require_repository()
    tags: dict[str, list[str]] = {}
    # Of an annotated tag, first the commit that it is on.
    form = "--format=%(refname:short) %(*objectname) %(objectname)"
    for line in _git("for-each-ref", form, "refs/tags").splitlines():
        name, *commits = line.split()
        tags.setdefault(commits[0], []).append(name)
    wrote = set(_git("log", "--all", "--format=%H", "--", f"{RESULTS}/{FILE}").split())
    # No commit comes before one that follows it, were both made in the same second.
    for line in _git("log", "--all", "--date-order", "--format=%H %cs").splitlines():
        commit, date = line.split()
        if commit in tags or commit in wrote:
            version = _version(commit)
            if version is not None and not _missing(version):
                yield Listed(", ".join(sorted(tags.get(commit, []))) or commit[:10], date, version)


def read_revision(revision: str) -> Study:
    """Return the study that a revision holds.

    Raises
    ------
    UserError
        If there is no such revision, it has no report, or one that is not whole or of a format not known here.
    """
    commit = resolve(revision)
    version = read_version(revision, commit)
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        return _read(revision, extract(commit, Path(folder)), version)


def extract(commit: str, folder: Path) -> Path:
    """Write what git has of a commit's results, all but what DVC has, into `folder`, and return their folder in it."""
    packed = checkout.git(Path.cwd(), "archive", "--format=tar", commit, RESULTS)
    # Not all at once: Python 3.11.2, as in Debian 12, cannot refuse links and paths that lead elsewhere.
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in filter(tarfile.TarInfo.isreg, archive):
            path = (folder / member.name).resolve()
            if path.is_relative_to(folder.resolve()) and (content := archive.extractfile(member)):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
    return folder / RESULTS


def read_version(revision: str, commit: str) -> dict[str, Any]:
    """Return what a commit, called `revision` by whom asks, says of its report.

    Raises
    ------
    UserError
        If it has no report, or one that is not whole or of a format not known here.
    """
    version = _version(commit)
    if version is None:
        raise UserError(
            f"{revision}: has no report, as {RESULTS}/{FILE} is not in it; `twinproof versions` lists those that have"
        )
    return _known(revision, version)


def read_workspace(results: Path) -> Study:
    """Return the study in the folder `results`, which need not be committed.

    Raises
    ------
    UserError
        If there is no report, or one that is not whole or of a format not known here.
    """
    try:
        version = read_json(results / FILE)
    except MissingError:
        raise UserError(f"{results}: has no report; `snakemake --cores all` makes one") from None
    except MalformedError as error:
        raise UserError(f"{error}; `snakemake --cores all` writes it again") from None
    return _read(WORKSPACE, results, _known(WORKSPACE, version))


def resolve(revision: str) -> str:
    """Return the commit that a revision (a tag, a branch, a commit) means.

    Raises
    ------
    UserError
        If there is none, or this is no git repository.
    """
    _require_repository()
    try:
        return _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except subprocess.CalledProcessError:
        raise UserError(f"{revision}: no such revision; `twinproof versions` lists those that have a report") from None


def _read(name: str, results: Path, version: dict[str, Any]) -> Study:
    try:
        tables = {table: read_table(Results(results).tables, table) for table in COLUMNS}
        return Study(name, version, read_params(Results(results).params), tables)
    except UserError as error:
        raise UserError(f"{name}: {str(error).replace(f'{results}/', f'{RESULTS}/')}") from None


def _known(name: str, version: Any) -> dict[str, Any]:
    found = version.get("format") if isinstance(version, dict) else None
    if found != FORMAT:
        raise UserError(
            f"{name}: its report is of format {found!r}; allowed: {FORMAT}; the twinproof of its own commit reads it"
        )
    if missing := _missing(version):
        raise UserError(
            f"{name}: {RESULTS}/{FILE} lacks {', '.join(missing)}; remove it there, and `snakemake --cores all` writes "
            "it again"
        )
    return dict(version)


def _missing(version: dict[str, Any]) -> list[str]:
    """Return the keys that a version lacks, or has in another form than `describe` gives them."""
    found = [key for key, kind in NEEDED.items() if key not in version or not isinstance(version[key], kind)]
    if "environments" not in found and not all(isinstance(name, str) for name in version["environments"]):
        found.append("environments")
    return found


def _version(commit: str) -> dict[str, Any] | None:
    """Return what version.json says in a commit, None if it has none."""
    try:
        version = parse_json(_git("show", f"{commit}:{RESULTS}/{FILE}"), f"{commit}:{RESULTS}/{FILE}")
    except (subprocess.CalledProcessError, UnicodeDecodeError, MalformedError):
        return None
    return version if isinstance(version, dict) else None


def _require_repository() -> None:
    """Raise `UserError` unless the present folder is the top of a git repository: not one below it, nor another's."""
    folder = Path.cwd()
    try:
        why = None if checkout.is_toplevel(folder) else "this folder lies inside another git repository"
    except (OSError, subprocess.CalledProcessError) as error:
        why = checkout.why_git_failed(error)
    if why:
        raise UserError(f"{folder}: no git repository of its own ({why}); versions are its commits")


def _git(*arguments: str) -> str:
    return checkout.git(Path.cwd(), *arguments).decode()
