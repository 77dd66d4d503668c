"""An environment to measure in: the paths of its lock, venv and image, and what is known about them.

Standard library only: `containers/build` uses it too, and it runs on a machine that has nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from twinproof.base.errors import UserError
from twinproof.base.files import sha256
from twinproof.base.reading import MissingError, ReadingError, read_json, read_text
from twinproof.environments.backends import BACKENDS, titles_of
from twinproof.environments.lock import importable_modules, parse_lock

LOCKS = Path("containers/locks")
FOLDER = Path("results/environments")
# What `uv pip freeze` prints.
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
        """The folder of what is made from the lock; every study in this repository shares it."""
        return FOLDER / self.name

    @property
    def venv(self) -> Path:
        """The local venv."""
        return self.folder / "venv"

    @property
    def venv_mark(self) -> Path:
        """The list of the venv's packages, written last: it marks a complete venv."""
        return self.folder / "venv.txt"

    @property
    def sif(self) -> Path:
        """The image that apptainer runs."""
        return self.folder / "image.sif"

    @property
    def archive(self) -> Path:
        """The image as an OCI archive, for docker and podman."""
        return self.folder / "image.oci.tar"

    @property
    def image_mark(self) -> Path:
        """The description of the image, written last: it marks a complete image (docs/environments.md)."""
        return self.folder / "image.json"

    def pinned(self) -> dict[str, str]:
        """Return the version of each package in the lock.

        Raises
        ------
        UserError
            If there is no such lock, or if it contains anything but packages with version and SHA-256.
        """
        try:
            text = read_text(self.lock)
        except MissingError:
            known = ", ".join(sorted(path.stem for path in LOCKS.glob("*.txt")))
            raise UserError(
                f"environments: {self.name} has no lock {self.lock}; allowed: {known or 'there is none'}"
            ) from None
        try:
            return parse_lock(text)
        except ValueError as error:
            raise UserError(f"{self.lock}, {error}; `make lock` makes it again") from None

    def modules(self) -> set[str]:
        """Return the names that programs in the environment import: Python's own modules, and those of its packages."""
        return importable_modules(self.pinned())

    def lock_digest(self) -> str:
        """Return the SHA-256 of the lock."""
        self.pinned()
        return sha256(self.lock)

    def backend(self) -> str:
        """Return the backend of Keras that the lock pins: TensorFlow if it is present, because 2.12 also installs JAX.

        Raises
        ------
        UserError
            If it pins none, or both of the others: the lock would not decide.
        """
        found = titles_of(self.pinned())
        if "tensorflow" in found:
            return "tensorflow"
        if len(found) != 1:
            raise UserError(
                f"{self.lock}: pins {' and '.join(found.values()) or 'no backend of Keras'}; "
                f"allowed: one of {', '.join(BACKENDS)}"
            )
        return next(iter(found))

    def wants_gpu(self) -> bool:
        """Return whether the lock contains NVIDIA's CUDA libraries."""
        return any(name.startswith("nvidia-") for name in self.pinned())

    def image(self) -> dict[str, Any] | None:
        """Return the description of the built image, None if there is none."""
        return _described(self.image_mark)

    def venv_fault(self) -> str | None:
        """Return why the venv cannot be used, None if it has what the lock pins."""
        try:
            held = read_text(self.venv_mark)
        except ReadingError:
            return "not made yet"
        if dict(re.findall(PINNED, held, re.MULTILINE)) != self.pinned():
            return "made from another lock"
        return None

    def image_fault(self, mark: Path | None = None) -> str | None:
        """Return why the image that `mark` describes cannot be used, None if it is complete and built from the lock."""
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
                return f"truncated: {self.sif} has {size} of {whole} bytes"
        return None


def _described(mark: Path) -> dict[str, Any] | None:
    """Return the content of a mark, None if it is not what `containers/build` writes."""
    try:
        content = read_json(mark)
        texts = [content["lock"], content["build"], content["image"]]
        size = content["sif"]["size"] if content["sif"] else 0
    except (ReadingError, KeyError, TypeError):
        return None
    fits = isinstance(size, int) and all(isinstance(text, str) for text in texts)
    return cast(dict[str, Any], content) if fits else None
