"""The environments to measure in: where each one's lock, venv and image lie, and what is known of them.

Standard library only: `containers/build` uses it too, and it runs on a machine that has nothing else.
"""

import functools
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from twinproof.errors import UserError
from twinproof.files import sha256
from twinproof.reading import MissingError, ReadingError, read_json, read_text

LOCKS = Path("containers/locks")
FOLDER = Path("results/environments")
PINNED = r"^([A-Za-z0-9._-]+)==([^\s;\\]+)"
# A whole entry of a lock: name, version, perhaps a condition on the machine, hashes.
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


@dataclass(frozen=True)
class Environment:
    """A locked set of packages, as a venv or as an image; paths are relative to the repository's root."""

    name: str

    @property
    def lock(self) -> Path:
        """The exact versions and hashes of all packages."""
        return LOCKS / f"{self.name}.txt"

    @property
    def folder(self) -> Path:
        """What is made from the lock; every study in this repository shares it."""
        return FOLDER / self.name

    @property
    def venv(self) -> Path:
        """The local venv."""
        return self.folder / "venv"

    @property
    def venv_mark(self) -> Path:
        """The list of what the venv holds, written last: it marks a whole venv."""
        return self.folder / "venv.txt"

    @property
    def sif(self) -> Path:
        """The image as apptainer runs it."""
        return self.folder / "image.sif"

    @property
    def archive(self) -> Path:
        """The image as an OCI archive, for docker and podman."""
        return self.folder / "image.oci.tar"

    @property
    def image_mark(self) -> Path:
        """What the image is and was built from, written last: it marks a whole image (docs/environments.md)."""
        return self.folder / "image.json"

    def pinned(self) -> dict[str, str]:
        """Return the version of each package in the lock.

        Raises
        ------
        UserError
            If there is no such lock, or if it holds anything but packages with version and SHA-256.
        """
        try:
            text = read_text(self.lock)
        except MissingError:
            known = ", ".join(sorted(path.stem for path in LOCKS.glob("*.txt")))
            raise UserError(
                f"environments: {self.name} has no lock {self.lock}; allowed: {known or 'none is there'}"
            ) from None
        try:
            return _locked(text)
        except ValueError as error:
            raise UserError(f"{self.lock}, {error}; `make lock` makes it again") from None

    def modules(self) -> set[str]:
        """Return the names that programs in the environment import: Python's own modules, and those of its packages."""
        packages = (re.sub(r"[-.]", "_", name).lower() for name in self.pinned())
        named = (IMPORTED.get(name, (name,)) for name in packages)
        return set(sys.stdlib_module_names).union(*named)

    def lock_digest(self) -> str:
        """Return the SHA-256 of the lock."""
        self.pinned()
        return sha256(self.lock)

    def wants_gpu(self) -> bool:
        """Return whether the lock holds NVIDIA's CUDA libraries."""
        return any(name.startswith("nvidia-") for name in self.pinned())

    def image(self) -> dict[str, Any] | None:
        """Return what is known of the image that was built, None if none was."""
        return _described(self.image_mark)

    def venv_fault(self) -> str | None:
        """Say why the venv is not to be used, None if it holds what the lock pins."""
        try:
            held = read_text(self.venv_mark)
        except ReadingError:
            return "not made yet"
        if dict(re.findall(PINNED, held, re.MULTILINE)) != self.pinned():
            return "made from another lock"
        return None

    def image_fault(self, mark: Path | None = None) -> str | None:
        """Say why the image that `mark` describes is not to be used, None if it is whole and built from the lock."""
        mark = mark or self.image_mark
        if not mark.exists():
            return "not built yet"
        described = _described(mark)
        if described is None:
            return f"not described by {mark}, which cannot be read"
        if described["lock"] != self.lock_digest():
            return "built from another lock"
        if described["sif"] and self.sif.exists():
            size, whole = self.sif.stat().st_size, described["sif"]["size"]
            if size != whole:
                return f"cut short: {self.sif} has {size} of {whole} bytes"
        return None


@functools.cache
def _locked(text: str) -> dict[str, str]:
    """Return the version of each package in the text of a lock.

    An installer obeys more than that: an option that names another index, a file to include, an address. All of it is
    refused, so that a lock says what is installed and nothing else does.

    Raises
    ------
    ValueError
        With the line, if it holds anything else.
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
            raise ValueError(f"line {begun}: {name} is there twice; allowed: {ALLOWED}")
    if not found:
        raise ValueError(f"line 1: no package is there; allowed: {ALLOWED}")
    return found


def _described(mark: Path) -> dict[str, Any] | None:
    """Return what a mark tells, None if it is not what `containers/build` writes."""
    try:
        told = read_json(mark)
        texts = [told["lock"], told["build"], told["image"]]
        size = told["sif"]["size"] if told["sif"] else 0
    except (ReadingError, KeyError, TypeError):
        return None
    fits = isinstance(size, int) and all(isinstance(text, str) for text in texts)
    return cast(dict[str, Any], told) if fits else None


def misplaced_marks(names: Iterable[str]) -> dict[Path, Path]:
    """Return the marks of images that are to move, with their new places: aside if unfit, back if they fit again."""
    found = {}
    for environment in map(Environment, names):
        mark = environment.image_mark
        aside = mark.with_suffix(".json.aside")
        if mark.exists():
            if environment.image_fault():
                found[mark] = aside
        elif aside.exists() and environment.image_fault(aside) is None:
            found[aside] = mark
    return found


def check_image_marks(names: Iterable[str]) -> None:
    """Set the mark of each image aside that is not to be used, and say so; bring back one that fits again."""
    for environment in map(Environment, names):
        for source, target in misplaced_marks([environment.name]).items():
            if source == environment.image_mark:
                fault = environment.image_fault()
                print(f"{environment.name}: the image is {fault}; it counts as not built", file=sys.stderr)
            source.replace(target)


def hand_to_containers(variables: Mapping[str, str]) -> None:
    """Have the containers that this process starts know these variables, whichever program runs them."""
    for prefix in ("APPTAINERENV_", "SINGULARITYENV_"):
        os.environ.update({prefix + name: value for name, value in variables.items()})
