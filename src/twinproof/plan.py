"""What a study will do: its trials, their seeds, and the protocol of each.

A protocol is everything that a trial's result may depend on, apart from the machine: its parameters, and the digests
of the code, the data and the lock behind it. Every record carries the protocol it was made under, and only a record
under the present protocol counts. The others are set aside, not deleted: if their protocol is the present one again,
so are they.
"""

import functools
import hashlib
import importlib.machinery
import inspect
import json
import sys
from collections import Counter
from contextlib import suppress
from modulefinder import ModuleFinder
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from twinproof.data import read_checksums, require_files
from twinproof.environments import Environment
from twinproof.errors import UserError
from twinproof.files import holds, sha256, write_whole
from twinproof.params import Params
from twinproof.reading import MalformedError, read_json
from twinproof.reads import named_files
from twinproof.styles import check_source

SOURCE = Path(__file__).parents[1]
HARNESS = "twinproof.trial"
# What else runs for a probe, before its trials.
WRITERS = {"exchange": ("twinproof.exchange",)}
# What a probe finds by the twin's name, in folders of the twins: programs of their own.
CATALOGUES = {"pitfalls": "twinproof.pitfalls", "introspection": "twinproof.faults"}
EVERY_TWIN = "everywhere"
MOST_TRIALS = 1_000_000


class Trial(NamedTuple):
    """One process: all styles of a twin under one probe and one seed."""

    environment: str
    twin: str
    probe: str
    replicate: int

    @property
    def path(self) -> str:
        """Where its record lies, below the folder of the trials."""
        return f"{self.environment}/{self.twin}/{self.probe}-{self.replicate}.json"


def trials(params: Params) -> list[Trial]:
    """Return every trial that the parameters ask for from the start; timing may add more (analysis/sampling.py).

    Raises
    ------
    UserError
        If they are more than `MOST_TRIALS`, those included that timing may add.
    """
    require_countable(params)
    return [Trial(*cell, replicate) for cell in cells(params) for replicate in range(params[cell[2]]["replicates"])]


def require_countable(params: Params) -> None:
    """Raise `UserError` if the parameters ask for so many trials that a plan of them all would take too long."""
    asked = Counter[str]()
    for _, _, probe in cells(params):
        most = params[probe]["sampling"]["most"] if probe == "timing" else 0
        asked[probe] += max(params[probe]["replicates"], most)
    if asked.total() > MOST_TRIALS:
        probe, count = asked.most_common(1)[0]
        raise UserError(
            f"{probe}.replicates: {params[probe]['replicates']} makes {count:,} trials, and with the other probes "
            f"{asked.total():,}; allowed: at most {MOST_TRIALS:,} in a study"
        )


def cells(params: Params) -> list[tuple[str, str, str]]:
    """Return each environment, twin and probe that the parameters put together."""
    return [
        (environment, twin, probe)
        for environment, measured in params["environments"].items()
        for twin, network in params["twins"].items()
        for probe in measured["probes"]
        if probe in network.get("probes", measured["probes"])
        # Where there is no pitfall to look at, there is nothing to measure.
        and (probe != "pitfalls" or _catalogue(probe, twin))
    ]


def writers(params: Params, twin: str) -> list[str]:
    """Return the environments that write the models of a twin for the probe `exchange`: all that read them."""
    return [environment for environment, name, probe in cells(params) if (name, probe) == (twin, "exchange")]


def seed(params: Params, twin: str, replicate: int) -> int:
    """Return the seed of a trial, 0 to 2**31 - 1: a function of study seed, twin and replicate, never of the style."""
    digest = hashlib.sha256(f"{params['seed']}/{twin}/{replicate}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def protocol(params: Params, environment: str, twin: str, probe: str) -> dict[str, Any]:
    """Return what the results of one twin under one probe in one environment may depend on, apart from the machine.

    Raises
    ------
    UserError
        If the environment has no lock, the twin no module or not the files that it names, or the data no checksums, and
        as `require_no_shadow`.
    """
    require_no_shadow(environment)
    # How many processes are measured does not change what one of them measures.
    settings = {name: value for name, value in params[probe].items() if name not in ("replicates", "sampling")}
    device = {}
    if Environment(environment).wants_gpu():
        # Records that fell back to the CPU are none of a study that does not allow that.
        device = {"without_gpu": params["environments"][environment].get("without_gpu", "error")}
    files = named_files(twin, params["twins"][twin].get("files", []))
    written = {}
    if probe == "exchange":
        written = {"written_with": {name: Environment(name).lock_digest() for name in writers(params, twin)}}
    return {
        "environment": environment,
        **device,
        **written,
        **({"files": files} if files else {}),
        "twin": {"name": twin, "module": params["twins"][twin]["module"], "arguments": _arguments(params, twin)},
        "probe": {"name": probe, **settings},
        "data": {
            "validation": params["data"]["validation"],
            "sha256": read_checksums(Path(params["data"]["checksums"])),
        },
        "study_seed": params["seed"],
        "lock": Environment(environment).lock_digest(),
        "code": _run(twin, params["twins"][twin]["module"], probe),
    }


def check_inputs(params: Params) -> None:
    """Check locks and twins, also those that nothing is measured in or of: so `twinproof plan` and a run refuse alike.

    Raises
    ------
    UserError
        If an environment has no lock, a twin no module, not the styles or not the files, or a style does not take the
        arguments.
    """
    for environment in params["environments"]:
        Environment(environment).pinned()
    for twin, network in params["twins"].items():
        named_files(twin, network.get("files", []))
        check_source(twin, network["module"], _arguments(params, twin), [str(SOURCE), str(Path.cwd())])


def require_no_shadow(environment: str) -> None:
    """Raise `UserError` if a module beside params.yaml would be imported in place of one of Python or of the lock."""
    names = Environment(environment).modules()
    for path in sorted(Path.cwd().iterdir()):
        # A folder without __init__.py hides nothing.
        name = path.name if (path / "__init__.py").is_file() else inspect.getmodulename(path.name)
        if name in names:
            raise UserError(
                f"{path.name}: would be imported in place of the module {name} of Python or of {environment}; "
                "give it another name"
            )


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


def changes(params: Params, results: Path) -> Changes:
    """Find what brings `results` in line with the parameters, and write nothing.

    The resolved parameters and the present protocols are to be there. Records under another protocol than the present
    one belong in `superseded`, and those found there that are under the present one belong in their places: so a record
    that is in its place is one that counts.

    Raises
    ------
    UserError
        As `check_inputs` and `protocol`, if a file of the data set is missing, and if a record cannot be read.
    """
    require_files(Path(params["data"]["directory"]))
    check_inputs(params)
    protocols = {
        f"{environment}/{twin}/{probe}.json": protocol(params, environment, twin, probe)
        for environment, twin, probe in cells(params)
    }
    folder = results / "protocols"
    planned = {
        folder / name: json.dumps(content, indent=1, sort_keys=True) + "\n" for name, content in protocols.items()
    }
    planned[results / "params.yaml"] = yaml.safe_dump(params, sort_keys=False)
    found = Changes.none()
    found.written.update({path: content for path, content in planned.items() if not holds(path, content)})
    found.removed.extend(path for path in folder.rglob("*.json") if path not in planned)
    for cell, content in protocols.items():
        _place(cell.removesuffix(".json"), content, results, found)
    return found


def _place(cell: str, present: dict[str, Any], results: Path, found: Changes) -> None:
    """Find which records of a cell do not count and are to be set aside, and which are to be brought back."""
    places, aside = results / "trials", results / "superseded"
    for place in places.glob(f"{cell}-*.json"):
        record = place.relative_to(places)
        if (own := _protocol_of(place)) == present:
            found.counting.add(record.as_posix())
            continue
        found.aside[place] = aside / _digest(own) / record
        if own is None:
            found.torn.append(place)
    former = aside / _digest(present)
    for place in former.glob(f"{cell}-*.json"):
        record = place.relative_to(former)
        if record.as_posix() not in found.counting and _protocol_of(place) == present:
            found.back[places / record] = place
            found.counting.add(record.as_posix())


def make(found: Changes) -> None:
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
        As `changes` and `make`.
    """
    make(changes(params, results))


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


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)


def _arguments(params: Params, twin: str) -> dict[str, Any]:
    return dict(params["twins"][twin].get("arguments", {}))


def _run(twin: str, module: str, probe: str) -> dict[str, str]:
    """Return the source files that a trial runs, with their SHA-256: the harness, the probe, the twin, their imports.

    Only what lies in the package or beside params.yaml counts: the packages of the environment are in its lock.
    """
    found: dict[str, str] = {}
    for name in (HARNESS, f"twinproof.probes.{probe}", *WRITERS.get(probe, ()), *_catalogue(probe, twin)):
        try:
            found |= _code(name)
        except SyntaxError as error:
            raise UserError(f"{name}: {error.filename}, line {error.lineno}: {error.msg}") from None
    try:
        found |= _code(module)
    except ImportError:
        raise UserError(f"twins.{twin}.module: no module {module}; it must lie in src/ or beside params.yaml") from None
    except SyntaxError as error:
        raise UserError(f"twins.{twin}.module: {error.filename}, line {error.lineno}: {error.msg}") from None
    return dict(sorted(found.items()))


@functools.cache
def _code(module: str) -> dict[str, str]:
    """Return the source files of a module and of all that it imports, with their SHA-256.

    Raises
    ------
    ImportError
        If there is no such module.
    SyntaxError
        With its file, if that or what it imports is not Python.
    """
    roots = [str(SOURCE), str(Path.cwd())]
    if importlib.machinery.PathFinder.find_spec(module.partition(".")[0], roots) is None:
        raise ImportError(module)
    finder = _Finder(path=roots)
    with suppress(SyntaxError):  # Noted by the finder, wherever it is.
        finder.import_hook(module)
    if finder.broken:
        raise finder.broken
    files = {Path(file) for found in finder.modules.values() if (file := getattr(found, "__file__", None))}
    return {_name(file): sha256(file) for file in files}


def pitfalls() -> list[str]:
    """Return the catalogue of pitfalls, each as twin/pitfall, in alphabetical order."""
    folder = SOURCE / CATALOGUES["pitfalls"].replace(".", "/")
    return sorted(f"{path.parent.name}/{path.stem}" for path in folder.glob("*/*.py") if path.stem != "__init__")


def _catalogue(probe: str, twin: str) -> list[str]:
    """Return the modules of a probe's catalogue that concern a twin; none if the probe has no catalogue."""
    package = CATALOGUES.get(probe)
    if package is None:
        return []
    folder = SOURCE / package.replace(".", "/")
    found = (path for part in (twin, EVERY_TWIN) for path in (folder / part).glob("*.py") if path.stem != "__init__")
    return sorted(f"{package}.{path.parent.name}.{path.stem}" for path in found)


class _Finder(ModuleFinder):
    """Also finds modules in folders without `__init__.py`, and notes a syntax error wherever it is."""

    _FOLDER = ("", "", -1)
    broken: SyntaxError | None = None

    def find_module(self, name: str, path: Any, parent: Any = None) -> Any:
        spec = importlib.machinery.PathFinder.find_spec(name, self.path if path is None else path)
        if spec and spec.origin is None and spec.submodule_search_locations:
            return None, list(spec.submodule_search_locations), self._FOLDER
        return super().find_module(name, path, parent)

    def load_module(self, fqname: str, fp: Any, pathname: Any, file_info: Any) -> Any:
        if file_info == self._FOLDER:
            folder: Any = self.add_module(fqname)
            folder.__path__ = pathname
            return folder
        try:
            return super().load_module(fqname, fp, pathname, file_info)
        except SyntaxError as error:
            error.filename = error.filename or pathname
            self.broken = self.broken or error
            raise
        except (ValueError, RecursionError, MemoryError) as error:  # A NUL in it, or too many brackets.
            self.broken = self.broken or SyntaxError(str(error) or "nested too deep", (pathname, 1, 0, ""))
            raise self.broken from None


def _name(file: Path) -> str:
    """Name a source file as it is named in the repository, wherever that lies."""
    root = SOURCE.parent if file.is_relative_to(SOURCE) else Path.cwd()
    return file.relative_to(root).as_posix()
