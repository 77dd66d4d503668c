"""Brings a folder of results in line with the parameters: which records count, and which are set aside.

A record under a protocol other than the current one is set aside, not deleted, and restored when its protocol returns.
A record counts if it is in its place.
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
from twinproof.study.code import named_files
from twinproof.study.dataset import require_files
from twinproof.study.params import Params
from twinproof.study.protocol import Protocol, digest, make_protocol
from twinproof.study.results import Results
from twinproof.study.styles import check_source
from twinproof.study.trial import list_cells


def check_inputs(params: Params) -> None:
    """Check all locks and twins, even unused ones, so that `twinproof plan` and a run refuse the same mistakes.

    Raises
    ------
    UserError
        If an environment has no lock, a twin lacks its module, its styles or its files, or a style does not take the
        arguments.
    """
    for environment in params.environments:
        Environment(environment).pinned()
    for twin, network in params.twins.items():
        named_files(twin, network.files)
        check_source(twin, network.module, network.arguments, [str(SOURCE), str(Path.cwd())])


class Changes(NamedTuple):
    """The changes that bring a folder of results in line with the parameters. None is made yet.

    `written`: the files to write, with their content. `removed`: the protocols of cells that no longer exist. `aside`:
    the place of each record that does not count, and where it goes. `back`: the place of each record that counts again,
    and where it comes from. `torn`: the files to set aside that are not records. `counting`: the records that are in
    their places afterwards, as paths below the folder of the trials.
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
    """Find the changes that bring `results` in line with the parameters, without making them.

    The resolved parameters and the current protocols must be written. Records under another protocol go to
    `superseded`, and records there under the current protocol are restored.

    Raises
    ------
    UserError
        As `check_inputs` and `make_protocol`; also if a file of the data set is missing or a record cannot be read.
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
    changes = Changes.none()
    changes.written.update({path: content for path, content in planned.items() if not holds(path, content)})
    changes.removed.extend(path for path in places.protocols.rglob("*.json") if path not in planned)
    for cell, content in protocols.items():
        _find_moves("/".join(cell), content, places, changes)
    return changes


def _find_moves(cell: str, present: Protocol, results: Results, changes: Changes) -> None:
    """Find the records of a cell to set aside, and those to bring back."""
    places, aside = results.trials, results.superseded
    for place in places.glob(f"{cell}-*.json"):
        record = place.relative_to(places)
        if (own := _protocol_of(place)) == present:
            changes.counting.add(record.as_posix())
            continue
        changes.aside[place] = aside / digest(own) / record
        if own is None:
            changes.torn.append(place)
    former = aside / digest(present)
    for place in former.glob(f"{cell}-*.json"):
        record = place.relative_to(former)
        if record.as_posix() not in changes.counting and _protocol_of(place) == present:
            changes.back[places / record] = place
            changes.counting.add(record.as_posix())


def apply_changes(changes: Changes) -> None:
    """Make the changes.

    Raises
    ------
    UserError
        If a file cannot be written.
    OSError
        If a file cannot be moved or removed.
    """
    for path in changes.removed:
        path.unlink()
    for path, content in changes.written.items():
        write_whole(path, content)
    for place, target in changes.aside.items():
        _move(place, target)
        if place in changes.torn:
            print(f"{place}: not a record, truncated or edited; set aside as {target}", file=sys.stderr)
    for place, source in changes.back.items():
        _move(source, place)
        # Files made from the records must be older than this one.
        place.touch()


def write_plan(params: Params, results: Path) -> None:
    """Bring `results` in line with the parameters, without measuring; files that did not change are not touched.

    Raises
    ------
    UserError
        As `find_changes` and `apply_changes`.
    """
    apply_changes(find_changes(params, results))


def _protocol_of(record: Path) -> Any:
    """Return the protocol in a record, None if the file is not a record.

    Raises
    ------
    UserError
        If it cannot be read at all, because of the disk or the network, for example.
    """
    try:
        return read_json(record)["protocol"]
    except (MalformedError, KeyError, TypeError):
        return None


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
