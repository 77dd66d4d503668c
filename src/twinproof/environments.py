"""The environments to measure in: where each one's lock, venv and image lie, and what is known of them.

Standard library only: `containers/build` uses it too, and it runs on a machine that has nothing else.
"""

import json
import re
import sys
from collections.abc import Iterable
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
        try:
            described = json.loads(self.image_mark.read_text())
        except (OSError, ValueError):
            return None
        return cast(dict[str, Any], described) if {"lock", "build", "image", "sif"} <= set(described) else None

    def venv_fault(self) -> str | None:
        """Say why the venv is not to be used, None if it holds what the lock pins."""
        try:
            held = self.venv_mark.read_text()
        except OSError:
            return "not made yet"
        if dict(re.findall(PINNED, held, re.MULTILINE)) != self.pinned():
            return "made from another lock"
        return None

    def image_fault(self) -> str | None:
        """Say why the image is not to be used, None if it is whole and built from the lock."""
        described = self.image()
        if described is None:
            return "not built yet"
        if described["lock"] != self.lock_digest():
            return "built from another lock"
        if described["sif"] is None or not self.sif.exists():
            return f"without {self.sif}"
        size, whole = self.sif.stat().st_size, described["sif"]["size"]
        if size != whole:
            return f"cut short: {self.sif} has {size} of {whole} bytes"
        return None


def forget_broken_images(names: Iterable[str]) -> None:
    """Remove the mark of each image that is not to be used, so that nothing takes it for built, and say so."""
    for environment in map(Environment, names):
        if environment.image_mark.exists() and (fault := environment.image_fault()):
            print(f"{environment.name}: the image is {fault}; it counts as not built", file=sys.stderr)
            environment.image_mark.unlink()
