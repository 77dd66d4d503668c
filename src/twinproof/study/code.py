"""The source files that a trial's result depends on, and other files that its twin reads."""

from __future__ import annotations

import functools
import inspect
import stat
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from pkgutil import iter_modules

from twinproof.base.errors import UserError
from twinproof.base.files import sha256
from twinproof.environments.environment import Environment
from twinproof.environments.variables import SOURCE
from twinproof.study.source import Import, read_source

# What runs a trial, by itself or in a batch.
HARNESS = ("twinproof.measured.run_trial", "twinproof.measured.run_batch")
# The parts of the package that can change a number. The rest reads, plans, checks and reports.
COVERED = tuple(
    f"src/twinproof/{place}"
    for place in (
        "measured/", "proof/", "base/styles.py", "base/words.py", "environments/variables.py", "study/examples.py",
        "study/seed.py",
    )
)  # fmt: skip
# Other modules that run for a probe, before its trials.
WRITERS = {"exchange": ("twinproof.measured.write_models",)}
# Catalogues of separate programs, in folders named after the twins.
CATALOGUES = {"pitfalls": "twinproof.measured.pitfalls", "introspection": "twinproof.measured.faults"}
EVERY_TWIN = "everywhere"


def code_of(twin: str, module: str, probe: str) -> dict[str, str]:
    """Return the source files that can change what a trial finds, with the SHA-256 of what counts in each.

    These are the harness, the probe, the twin, and what they import, if it is in `COVERED` or next to params.yaml. The
    packages of the environment are in its lock.
    """
    found: dict[str, str] = {}
    for name in (*HARNESS, f"twinproof.measured.probes.{probe}", *WRITERS.get(probe, ()), *catalogue(probe, twin)):
        try:
            found |= code_of_module(name)
        except SyntaxError as error:
            raise UserError(f"{name}: {error.filename}, line {error.lineno}: {error.msg}") from None
    try:
        found |= code_of_module(module)
    except ImportError:
        raise UserError(f"twins.{twin}.module: no module {module}; it must be in src/ or next to params.yaml") from None
    except SyntaxError as error:
        raise UserError(f"twins.{twin}.module: {error.filename}, line {error.lineno}: {error.msg}") from None
    package = "src/twinproof/"
    return {
        name: digest
        for name, digest in sorted(found.items())
        if name.startswith(COVERED) or not name.startswith(package)
    }


def catalogue(probe: str, twin: str) -> list[str]:
    """Return the modules of a probe's catalogue that concern a twin; none if the probe has no catalogue."""
    package = CATALOGUES.get(probe)
    if package is None:
        return []
    folder = SOURCE / package.replace(".", "/")
    found = (path for part in (twin, EVERY_TWIN) for path in (folder / part).glob("*.py") if path.stem != "__init__")
    return sorted(f"{package}.{path.parent.name}.{path.stem}" for path in found)


def list_pitfalls() -> list[str]:
    """Return the catalogue of pitfalls, each as twin/pitfall, in alphabetical order."""
    folder = SOURCE / CATALOGUES["pitfalls"].replace(".", "/")
    return sorted(f"{path.parent.name}/{path.stem}" for path in folder.glob("*/*.py") if path.stem != "__init__")


def require_no_shadow(environment: str) -> None:
    """Raise `UserError` if a module next to params.yaml would be imported instead of one of Python or of the lock."""
    names = Environment(environment).modules()
    for path in sorted(Path.cwd().iterdir()):
        # A folder without __init__.py hides nothing.
        name = path.name if (path / "__init__.py").is_file() else inspect.getmodulename(path.name)
        if name in names:
            raise UserError(
                f"{path.name}: would be imported instead of the module {name} of Python or of {environment}; "
                "give it another name"
            )


def named_files(twin: str, names: Iterable[str]) -> dict[str, str]:
    """Return the SHA-256 of each file that the parameters list for a twin, by its path from the current folder.

    Raises
    ------
    UserError
        If there is no such file.
    """
    digests = {}
    for name in sorted(names):
        try:
            found = Path(name).stat()
            if not stat.S_ISREG(found.st_mode):
                raise OSError(0, "not a file")
            digests[name] = _file_digest(name, found.st_ino, found.st_size, found.st_mtime_ns)
        except OSError as error:
            raise UserError(
                f"twins.{twin}.files: {name} cannot be read ({error.strerror}); "
                "give its path from the folder of params.yaml"
            ) from None
    return digests


@functools.cache
def _file_digest(name: str, *_: int) -> str:
    """Return the SHA-256 of a file; it may be large, and every probe of a twin needs it."""
    return sha256(Path(name))


@functools.cache
def code_of_module(module: str) -> dict[str, str]:
    """Return the source files of a module and of all that it imports, with the SHA-256 of what counts in each.

    Raises
    ------
    ImportError
        If the module does not exist.
    SyntaxError
        With its file, if the module or one that it imports is not Python.
    """
    modules = _Modules([str(SOURCE), str(Path.cwd())])
    if modules.find(module) is None:
        raise ImportError(module)
    found: dict[Path, str] = {}
    reached, waiting = set[str](), [module]
    while waiting:
        name = waiting.pop()
        spec = modules.find(name)
        if name in reached or spec is None:
            continue
        reached.add(name)
        # A package is imported before its modules.
        waiting.append(name.rpartition(".")[0])
        if spec.origin is None:  # A folder without `__init__.py`.
            continue
        file = Path(spec.origin)
        source = read_source(file)
        found[file] = source.digest
        for imported in source.imports:
            waiting += modules.imported(imported, name, spec)
    return {_name(file): digest for file, digest in found.items()}


class _Modules:
    """The modules in some folders, found without importing them."""

    def __init__(self, roots: list[str]) -> None:
        self._roots = roots
        self._found: dict[str, ModuleSpec | None] = {"": None}

    def find(self, name: str) -> ModuleSpec | None:
        """Return where a module is; None if it is in none of the folders."""
        if name not in self._found:
            package = self.find(name.rpartition(".")[0])
            places = package.submodule_search_locations if package else None if "." in name else self._roots
            self._found[name] = PathFinder.find_spec(name, places) if places is not None else None
        return self._found[name]

    def imported(self, statement: Import, module: str, spec: ModuleSpec) -> Iterator[str]:
        """Yield the names of what an import statement of a module may import."""
        parts = module.split(".") if spec.submodule_search_locations is not None else module.split(".")[:-1]
        package = parts[: len(parts) - statement.level + 1] if statement.level else []
        base = ".".join([*package, statement.module] if statement.module else package)
        yield base
        for name in statement.names:
            if name != "*":
                yield f"{base}.{name}"
            elif (found := self.find(base)) and found.submodule_search_locations is not None:
                yield from (f"{base}.{one.name}" for one in iter_modules(found.submodule_search_locations))


def _name(file: Path) -> str:
    """Return the path of a source file in the repository."""
    root = SOURCE.parent if file.is_relative_to(SOURCE) else Path.cwd()
    return file.relative_to(root).as_posix()
