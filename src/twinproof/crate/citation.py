"""Who is to be cited, and under which licence: CITATION.cff (Citation File Format 1.2)."""

from pathlib import Path
from typing import NamedTuple

from twinproof.base.errors import UserError
from twinproof.base.reading import read_yaml


class Author(NamedTuple):
    """A person, or an organization."""

    name: str
    person: bool
    # An address that identifies it, such as an ORCID iD.
    address: str | None
    affiliation: str | None


class Citation(NamedTuple):
    """What a crate tells of the software; each licence is an SPDX identifier."""

    title: str
    abstract: str
    version: str
    authors: list[Author]
    licences: list[str]
    keywords: list[str]
    address: str | None


def read_citation(path: Path) -> Citation:
    """Return what CITATION.cff says.

    Raises
    ------
    UserError
        If it cannot be read, is not YAML, or lacks what a crate needs.
    """
    told = read_yaml(path)
    wanted = ("title", "abstract", "version", "authors", "license")
    if not isinstance(told, dict):
        raise UserError(f"{path}: not a mapping; it must have {', '.join(wanted)}")
    if missing := [key for key in wanted if not told.get(key)]:
        raise UserError(f"{path}: no {', '.join(missing)}; it must have {', '.join(wanted)}")
    if not isinstance(told["authors"], list):
        raise UserError(f"{path}: authors: {told['authors']!r} is not allowed; allowed: a list")
    return Citation(
        title=str(told["title"]),
        abstract=str(told["abstract"]),
        version=str(told["version"]),
        authors=[_author(path, number, author) for number, author in enumerate(told["authors"])],
        licences=_texts(told["license"]),
        keywords=_texts(told.get("keywords", [])),
        address=told.get("repository-code") or told.get("url"),
    )


def _author(path: Path, number: int, told: object) -> Author:
    """Return an author, who is a person if names of a person are given."""
    keys = ("given-names", "name-particle", "family-names", "name-suffix")
    known = told if isinstance(told, dict) else {}
    name = known.get("name") or " ".join(str(known[key]) for key in keys if known.get(key)) or known.get("alias")
    if not name:
        raise UserError(f"{path}: authors.{number}: no name; allowed: name, or given-names and family-names")
    address = known.get("orcid") or known.get("website")
    return Author(str(name), "name" not in known, address, known.get("affiliation"))


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
