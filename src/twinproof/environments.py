"""The environments to measure in: where each one's lock, venv and image lie, and what is known of them.

Standard library only: `containers/build` uses it too, and it runs on a machine that has nothing else.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from twinproof.errors import UserError
from twinproof.files import sha256

LOCKS = Path("containers/locks")
FOLDER = Path("results/environments")
PINNED = r"^([A-Za-z0-9._-]+)==([^\s;\\]+)"


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
            If there is no such lock.
        """
        try:
            text = self.lock.read_text()
        except OSError:
            known = ", ".join(sorted(path.stem for path in LOCKS.glob("*.txt")))
            raise UserError(
                f"environments: {self.name} has no lock {self.lock}; allowed: {known or 'none is there'}"
            ) from None
        return dict(re.findall(PINNED, text, re.MULTILINE))

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
            held = self.venv_mark.read_text()
        except OSError:
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


def _described(mark: Path) -> dict[str, Any] | None:
    """Return what a mark tells, None if it is not what `containers/build` writes."""
    try:
        told = json.loads(mark.read_text())
        texts = [told["lock"], told["build"], told["image"]]
        size = told["sif"]["size"] if told["sif"] else 0
    except (OSError, ValueError, KeyError, TypeError):
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


def hand_to_containers(variables: Mapping[str, str | None]) -> None:
    """Have the containers that this process starts know these variables, whichever program runs them."""
    for prefix in ("APPTAINERENV_", "SINGULARITYENV_"):
        os.environ.update({prefix + name: value for name, value in variables.items() if value is not None})
