"""The authors to cite and the licence: CITATION.cff (Citation File Format 1.2)."""

from pathlib import Path
from typing import NamedTuple

from twinproof.base.errors import UserError
from twinproof.base.reading import read_yaml


class Author(NamedTuple):
    """A person, or an organization."""

    name: str
    person: bool
    # A URL that identifies the author, such as an ORCID iD.
    address: str | None
    affiliation: str | None


class Citation(NamedTuple):
    """The software as a crate describes it; each licence is an SPDX identifier."""

    title: str
    abstract: str
    version: str
    authors: list[Author]
    licences: list[str]
    keywords: list[str]
    address: str | None


def read_citation(path: Path) -> Citation:
    """Return the content of CITATION.cff.

    Raises
    ------
    UserError
        If it cannot be read, is not YAML, or lacks what a crate needs.
    """
    content = read_yaml(path)
    required = ("title", "abstract", "version", "authors", "license")
    if not isinstance(content, dict):
        raise UserError(f"{path}: not a mapping; it must have {', '.join(required)}")
    if missing := [key for key in required if not content.get(key)]:
        raise UserError(f"{path}: no {', '.join(missing)}; it must have {', '.join(required)}")
    if not isinstance(content["authors"], list):
        raise UserError(f"{path}: authors: {content['authors']!r} is not allowed; allowed: a list")
    return Citation(
        title=str(content["title"]),
        abstract=str(content["abstract"]),
        version=str(content["version"]),
        authors=[_author(path, number, author) for number, author in enumerate(content["authors"])],
        licences=_texts(content["license"]),
        keywords=_texts(content.get("keywords", [])),
        address=content.get("repository-code") or content.get("url"),
    )


def _author(path: Path, number: int, entry: object) -> Author:
    """Return an author: an organization if `name` is given, else a person."""
    keys = ("given-names", "name-particle", "family-names", "name-suffix")
    fields = entry if isinstance(entry, dict) else {}
    name = fields.get("name") or " ".join(str(fields[key]) for key in keys if fields.get(key)) or fields.get("alias")
    if not name:
        raise UserError(f"{path}: authors.{number}: no name; allowed: name, or given-names and family-names")
    address = fields.get("orcid") or fields.get("website")
    return Author(str(name), "name" not in fields, address, fields.get("affiliation"))


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else [str(value)]
