"""What the modules that describe a crate share: the study, and how to add an entity."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

from twinproof.crate.citation import Citation
from twinproof.study.params import Params
from twinproof.study.record import Record

# Types of rocrate, which has no annotations.
Crate = Any
Entity = Any


class Study(NamedTuple):
    """The study in a crate, and the paths of its images and its results in the crate."""

    params: Params
    # By their names in the crate.
    records: Mapping[str, Record]
    citation: Citation
    data: str
    results: str

    @property
    def started(self) -> datetime:
        """When the first trial was started."""
        return min(datetime.fromisoformat(record["started"]) for record in self.records.values())

    @property
    def ended(self) -> datetime:
        """When the last trial ended, to the second."""
        return max(
            datetime.fromisoformat(record["started"]) + timedelta(seconds=round(record["seconds"]))
            for record in self.records.values()
        )


def add_entity(crate: Crate, identifier: str, kind: str, **properties: Any) -> Entity:
    """Add an entity that is not a file, and return it."""
    from rocrate.model import ContextEntity  # type: ignore[import-untyped]

    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def folder_of(crate: Crate, name: str) -> Entity:
    """Return the entity of a folder."""
    return crate.get(f"{quote(name)}/")


def file_of(crate: Crate, name: str) -> Entity:
    """Return the entity of a file."""
    return crate.get(quote(name))


def compact(values: list[Any]) -> Any:
    """Return a single value without its list, as RO-Crate requires."""
    return values[0] if len(values) == 1 else values
