"""The version with which a reproduction is compared: the published one, a research crate, or a revision in git."""

import hashlib
import tempfile
import zipfile
import zlib
from pathlib import Path

from twinproof.base.errors import UserError
from twinproof.base.reading import LARGEST
from twinproof.versions.describe import FILE
from twinproof.versions.find import PUBLISHED, Study, is_published, read_folder, read_revision

# The digests of all files in a crate, in the format of sha256sum.
SUMS = "SHA256SUMS"


def read_source(name: str | None) -> Study:
    """Return the study of a version: the published one by default, a crate by its path, or a git revision.

    Raises
    ------
    UserError
        If there is no such version, it cannot be read, or its tables do not match their digest.
    """
    if name is None and not is_published(PUBLISHED):
        raise UserError(
            f"{Path(PUBLISHED, FILE)}: no such file, so no version is published here; "
            "name one that `twinproof versions` lists, or a crate"
        )
    if name is None:
        study = read_revision(PUBLISHED)
    elif name.endswith(".zip") or Path(name).is_file():
        study = read_crate(Path(name))
    else:
        study = read_revision(name)
    if not study.whole:
        raise UserError(
            f"{study.name}: its tables were altered since its report was made: its {FILE} has another digest; "
            "get them again from where they were published"
        )
    return study


def read_crate(path: Path) -> Study:
    """Return the study in a research crate, each file of it checked against the crate's checksums.

    Raises
    ------
    UserError
        If it is not a crate of a study, or a file does not match its checksum.
    """
    try:
        with zipfile.ZipFile(path) as crate:
            sums = _sums(_content(path, crate, SUMS))
            root = _results(path, crate)
            with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
                for name in crate.namelist():
                    inside = name.removeprefix(root)
                    if inside in (FILE, "params.yaml") or _is_table(inside):
                        content = _content(path, crate, name)
                        if hashlib.sha256(content).hexdigest() != sums.get(name):
                            raise UserError(f"{path}: {name} was altered: it does not match the crate's {SUMS}")
                        target = Path(folder, inside)
                        target.parent.mkdir(exist_ok=True)
                        target.write_bytes(content)
                return read_folder(str(path), Path(folder))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{path}: not a zip file, or a damaged one ({error})") from None


def _results(path: Path, crate: zipfile.ZipFile) -> str:
    """Return the folder of the results in a crate, with a slash at its end."""
    roots = [name.removesuffix(FILE) for name in crate.namelist() if name.endswith(f"/{FILE}")]
    if len(roots) != 1:
        raise UserError(f"{path}: not a crate of a study, which has one {FILE}; this one has {len(roots)}")
    return roots[0]


def _is_table(name: str) -> bool:
    folder, _, file = name.partition("/")
    return folder == "tables" and file.endswith(".csv") and "/" not in file and not file.startswith(".")


def _content(path: Path, crate: zipfile.ZipFile, name: str) -> bytes:
    try:
        if crate.getinfo(name).file_size > LARGEST:
            raise UserError(f"{path}: {name} has more than {LARGEST} bytes")
    except KeyError:
        raise UserError(f"{path}: not a crate of a study, because it lacks {name}") from None
    return crate.read(name)


def _sums(content: bytes) -> dict[str, str]:
    lines = (line.partition("  ") for line in content.decode(errors="replace").splitlines())
    return {name: digest for digest, _, name in lines}
