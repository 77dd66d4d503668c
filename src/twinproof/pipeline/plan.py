"""Brings a folder of results in line with the parameters: which records count, and which are set aside.

A record under another protocol than the present one is set aside, not deleted: if its protocol is the present one
again, so is the record. A record that is in its place is one that counts.
"""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from twinproof.base.files import holds, write_whole
from twinproof.base.reading import MalformedError, read_json
from twinproof.environments.environment import Environment
from twinproof.environments.variables import SOURCE
from twinproof.study.dataset import require_files
from twinproof.study.params import Params
from twinproof.study.protocol import Protocol, digest, make_protocol
from twinproof.study.results import Results
from twinproof.study.sources import named_files
from twinproof.study.styles import check_source
from twinproof.study.trial import list_cells


def check_inputs(params: Params) -> None:
    """Check locks and twins, also those that nothing is measured in or of: so `twinproof plan` and a run refuse alike.

    Raises
    ------
    UserError
        If an environment has no lock, a twin no module, not the styles or not the files, or a style does not take the
        arguments.
    """
    for environment in params.environments:
        Environment(environment).pinned()
    for twin, network in params.twins.items():
        named_files(twin, network.files)
        check_source(twin, network.module, network.arguments, [str(SOURCE), str(Path.cwd())])


class Changes(NamedTuple):
    """What brings a folder of results in line with the parameters. Nothing of it is done yet.

    `written` has the files to write, with their content; `removed` the protocols of cells that no longer exist. `aside`
    has the place of each record that does not count, and where it goes. `back` has the place of each record that counts
    again, and where it comes from. `torn` has those set aside that are no records. `counting` has the records that are
    in their places afterwards, by their paths below the folder of the trials.
    """

    written: dict[Path, str]
    removed: list[Path]
    aside: dict[Path, Path]
    back: dict[Path, Path]
    torn: list[Path]
    counting: set[str]

    @classmethod
    def none(cls) -> "Changes":
        """Return no change."""
        return cls({}, [], {}, {}, [], set())


def find_changes(params: Params, results: Path) -> Changes:
    """Find what brings `results` in line with the parameters, and write nothing.

    The resolved parameters and the present protocols are to be there. Records under another protocol than the present
    one belong in `superseded`, and those found there that are under the present one belong in their places: so a record
    that is in its place is one that counts.

    Raises
    ------
    UserError
        As `check_inputs` and `make_protocol`, if a file of the data set is missing, and if a record cannot be read.
    """
    require_files(params.data.directory)
    check_inputs(params)
    places = Results(results)
    protocols = {cell: make_protocol(params, *cell) for cell in list_cells(params)}
    planned = {
        places.protocol(cell): json.dumps(content, indent=1, sort_keys=True) + "\n"
        for cell, content in protocols.items()
    }
    planned[places.params] = yaml.safe_dump(params.content(), sort_keys=False)
    found = Changes.none()
    found.written.update({path: content for path, content in planned.items() if not holds(path, content)})
    found.removed.extend(path for path in places.protocols.rglob("*.json") if path not in planned)
    for cell, content in protocols.items():
        _place("/".join(cell), content, places, found)
    return found


def _place(cell: str, present: Protocol, results: Results, found: Changes) -> None:
    """Find which records of a cell do not count and are to be set aside, and which are to be brought back."""
    places, aside = results.trials, results.superseded
    for place in places.glob(f"{cell}-*.json"):
        record = place.relative_to(places)
        if (own := _protocol_of(place)) == present:
            found.counting.add(record.as_posix())
            continue
        found.aside[place] = aside / digest(own) / record
        if own is None:
            found.torn.append(place)
    former = aside / digest(present)
    for place in former.glob(f"{cell}-*.json"):
        record = place.relative_to(former)
        if record.as_posix() not in found.counting and _protocol_of(place) == present:
            found.back[places / record] = place
            found.counting.add(record.as_posix())


def apply_changes(found: Changes) -> None:
    """Make these changes.

    Raises
    ------
    UserError
        If a file cannot be written.
    OSError
        If a file cannot be moved or removed.
    """
    for path in found.removed:
        path.unlink()
    for path, content in found.written.items():
        write_whole(path, content)
    for place, target in found.aside.items():
        _move(place, target)
        if place in found.torn:
            print(f"{place}: not a record, cut short or edited; set aside as {target}", file=sys.stderr)
    for place, source in found.back.items():
        _move(source, place)
        # What is made from the records is older than this one's coming back.
        place.touch()


def write_plan(params: Params, results: Path) -> None:
    """Bring `results` in line with the parameters, without measuring; what did not change stays as it is.

    Raises
    ------
    UserError
        As `find_changes` and `apply_changes`.
    """
    apply_changes(find_changes(params, results))


def _protocol_of(record: Path) -> Any:
    """Return the protocol in a record, None if it is no record.

    Raises
    ------
    UserError
        If it cannot be read at all: that may be the fault of the disk or of a network.
    """
    try:
        return read_json(record)["protocol"]
    except (MalformedError, KeyError, TypeError):
        return None


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
