"""Files that are written atomically, and digests of files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from twinproof.base.errors import UserError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write `content` to a temporary file next to `path`, then rename it.

    A reader never sees half of it, a killed process leaves the earlier file, and two writers do no harm.

    Raises
    ------
    UserError
        If the disk is full or the folder cannot be written to; an earlier file is then unchanged.
    """
    try:
        _write_whole(path, content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); an earlier file is unchanged") from error


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; results must be as readable as any other file of the user.
        mask = os.umask(0)
        os.umask(mask)
        Path(temporary).chmod(0o666 & ~mask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def require_room(folder: Path) -> None:
    """Raise `UserError` unless a megabyte can be written to a folder, which is made if it does not exist."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(2**20))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UserError(f"{folder}: cannot be written to ({error.strerror}); its files are unchanged") from None


def holds(path: Path, content: str) -> bool:
    """Return whether a file has exactly this content."""
    try:
        return path.read_text() == content
    except (FileNotFoundError, UnicodeDecodeError):
        return False


def write_if_changed(path: Path, content: str) -> None:
    """Write `content` unless `path` has it already, so that an unchanged file keeps its time and no job runs again."""
    if not holds(path, content):
        write_whole(path, content)


def checksums(folder: Path, names: Iterable[str]) -> str:
    """Return a line for each of these files below a folder, as sha256sum writes them."""
    return "".join(f"{sha256(folder / name)}  {name}\n" for name in names)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(2**20):
            digest.update(part)
    return digest.hexdigest()
