"""The version that a reproduction is held against: the published one, a research crate, or a revision of git."""

import hashlib
import tempfile
import zipfile
import zlib
from pathlib import Path

from twinproof.base.errors import UserError
from twinproof.base.reading import LARGEST
from twinproof.versions.describe import FILE
from twinproof.versions.find import PUBLISHED, Study, is_published, read_folder, read_revision

# The digests of all that a crate holds, as sha256sum writes them.
SUMS = "SHA256SUMS"


def read_source(name: str | None) -> Study:
    """Return the study of a version: the published one if none is named, a crate by its path, else a git revision.

    Raises
    ------
    UserError
        If there is no such version, it cannot be read, or its tables are not those that it tells the digest of.
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
            f"{study.name}: its tables were altered since its report was made, as the digest in its {FILE} tells; "
            "get them again from where they were published"
        )
    return study


def read_crate(path: Path) -> Study:
    """Return the study in a research crate, each file of it checked against the crate's checksums.

    Raises
    ------
    UserError
        If it is no crate of a study, or a file of it is not what its checksums say.
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
                            raise UserError(f"{path}: {name} was altered, as the crate's {SUMS} tells")
                        target = Path(folder, inside)
                        target.parent.mkdir(exist_ok=True)
                        target.write_bytes(content)
                return read_folder(str(path), Path(folder))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{path}: no zip file, or a damaged one ({error})") from None


def _results(path: Path, crate: zipfile.ZipFile) -> str:
    """Return the folder of the results in a crate, with a slash at its end."""
    roots = [name.removesuffix(FILE) for name in crate.namelist() if name.endswith(f"/{FILE}")]
    if len(roots) != 1:
        raise UserError(f"{path}: no crate of a study, which holds one {FILE}; this holds {len(roots)}")
    return roots[0]


def _is_table(name: str) -> bool:
    folder, _, file = name.partition("/")
    return folder == "tables" and file.endswith(".csv") and "/" not in file and not file.startswith(".")


def _content(path: Path, crate: zipfile.ZipFile, name: str) -> bytes:
    try:
        if crate.getinfo(name).file_size > LARGEST:
            raise UserError(f"{path}: {name} has more than {LARGEST} bytes")
    except KeyError:
        raise UserError(f"{path}: no crate of a study, as it lacks {name}") from None
    return crate.read(name)


def _sums(content: bytes) -> dict[str, str]:
    lines = (line.partition("  ") for line in content.decode(errors="replace").splitlines())
    return {name: digest for digest, _, name in lines}
