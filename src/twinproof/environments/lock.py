"""The allowed contents of a lock, and what it pins. Standard library only: the build of images uses it too."""

import functools
import pkgutil
import re
import sys
import sysconfig
from collections.abc import Iterable

# A complete entry of a lock: name, version, possibly a condition on the machine, hashes.
LOCKED = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.+!_]*)"
    r"(?: *;[\w .,()<>=!~'\"]*?)?(?: +--hash=sha256:[0-9a-f]{64})+"
)
COMMENT = re.compile(r"(^|\s)#.*")
# Packages that are imported under another name than their own.
IMPORTED = {
    "absl_py": ("absl",),
    "attrs": ("attr", "attrs"),
    "google_pasta": ("pasta",),
    "grpcio": ("grpc",),
    "libclang": ("clang",),
    "markdown_it_py": ("markdown_it",),
    "protobuf": ("google",),
    "pyyaml": ("yaml", "_yaml"),
    "rpds_py": ("rpds",),
    "tensorflow_cpu": ("tensorflow",),
}
ALLOWED = "name==version --hash=sha256:..., and comments"


@functools.cache
def parse_lock(text: str) -> dict[str, str]:
    """Return the version of each package that the text of a lock pins.

    Installers also accept options that name another index, files to include, and addresses. All of these are refused,
    so that only the lock decides what is installed.

    Raises
    ------
    ValueError
        With the line, if the text contains anything else.
    """
    found: dict[str, str] = {}
    entry, begun = "", 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        line = COMMENT.sub("", line).rstrip()
        begun = begun if entry else number
        entry += line.removesuffix("\\") + " "
        if line.endswith("\\"):
            continue
        words, entry = entry.strip(), ""
        if not words:
            continue
        package = LOCKED.fullmatch(words)
        if package is None:
            raise ValueError(f"line {begun}: {words[:80]!r} is not allowed; allowed: {ALLOWED}")
        name, version = package.groups()
        if found.setdefault(name, version) != version:
            raise ValueError(f"line {begun}: {name} appears twice; allowed: {ALLOWED}")
    if not found:
        raise ValueError(f"line 1: there is no package; allowed: {ALLOWED}")
    return found


def importable_modules(packages: Iterable[str]) -> set[str]:
    """Return the names that programs can import: Python's own modules, and those of these packages."""
    normal = (re.sub(r"[-.]", "_", name).lower() for name in packages)
    return _own_modules().union(*(IMPORTED.get(name, (name,)) for name in normal))


def _own_modules() -> set[str]:
    """Return the names of Python's own modules."""
    if sys.version_info >= (3, 10):
        return set(sys.stdlib_module_names)
    # Python 3.9 has no list of them; these are the modules of this machine.
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_config_var("DESTSHARED")]
    return {*sys.builtin_module_names, *(module.name for module in pkgutil.iter_modules(folders))}
