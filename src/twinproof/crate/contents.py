"""Collects the files of a research crate, checks them against the records, and packs them."""

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from twinproof.analysis.columns import COLUMNS
from twinproof.analysis.records import read_records, without_results
from twinproof.base.errors import UserError
from twinproof.crate.citation import read_citation
from twinproof.crate.entities import Study
from twinproof.crate.metadata import METADATA, WORKFLOW, describe
from twinproof.environments.environment import Environment
from twinproof.report import WITH_NOTEBOOK
from twinproof.study.dataset import FILES
from twinproof.study.params import Params, read_params
from twinproof.study.results import Results
from twinproof.study.source import source_of
from twinproof.study.trial import list_cells

# The files of the repository: the workflow, and other files that a reader of its results needs.
SINGLE_FILES = ["params.yaml", "pyproject.toml", "Makefile", "README.md", "LICENSE", "CITATION.cff"]
FOLDERS = ["workflow", "profiles", "containers", "src", "docs"]
SUMS = "SHA256SUMS"
REMEDY = "run `snakemake --cores all`"


def make_crate(results: Path) -> bytes:
    """Return the crate of a study as a zip file; the same study gives the same bytes.

    Raises
    ------
    UserError
        If a file is missing, has changed since the study was measured, or is malformed.
    """
    study, files = gather(results)
    contents = {name: _read(path) for name, path in sorted(files.items())}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    _check_origin(study, contents, digests)
    contents[SUMS] = "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()
    contents = {METADATA: describe(study, contents).encode(), **contents}

    packed, ended = io.BytesIO(), study.ended.timetuple()[:6]
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in contents.items():
            # All entries have the date of the run, so that the bytes are the same every time.
            entry = zipfile.ZipInfo(name, ended)
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_DEFLATED  # 3: Unix, whose modes follow.
            executable = name in files and os.access(files[name], os.X_OK)
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def gather(results: Path) -> tuple[Study, dict[str, Path]]:
    """Return the study in `results`, and the files of its crate: the name in the crate and the path of each.

    Raises
    ------
    UserError
        If no study was run, or CITATION.cff or a record cannot be used.
    """
    if not Results(results).params.exists():
        raise UserError(f"{results}: no study was run here: there is no params.yaml; {REMEDY}")
    params = read_params(Results(results).params)
    records = {f"trials/{trial.path}": without_results(record) for trial, record in read_records(results)}
    if not records:
        raise UserError(f"{Results(results).params}: defines no trial, so there is no run to describe")
    images = params.data.directory
    # Folders outside the repository get a name in the crate.
    data, below = _folder(images, f"data/{images.name}"), _folder(results, "results")
    protocols = [record["protocol"] for record in records.values()]
    code = {name for protocol in protocols for name in [*protocol["code"], *protocol.get("files", [])]}
    files = {name: Path(name) for name in [WORKFLOW, *_repository(), *code]}
    files |= {f"{data}/{file}": images / file for file in FILES.values()}
    files |= {f"{data}/{name}": path for name in ("README.md", SUMS) if (path := images / name).is_file()}
    files |= {f"{below}/{name}": results / name for name in [*records, *_decisions(results), *_made(params)]}
    citation = read_citation(Path("CITATION.cff"))
    return Study(params, {f"{below}/{name}": records[name] for name in records}, citation, data, below), files


def _repository() -> Iterator[str]:
    """Yield the files that every crate contains."""
    paths = [path for folder in FOLDERS for path in Path(folder).rglob("*")]
    visible = [path for path in paths if not any(part == "__pycache__" or part.startswith(".") for part in path.parts)]
    yield from (path.as_posix() for path in [*map(Path, SINGLE_FILES), *visible] if path.is_file())


def _made(params: Params) -> Iterator[str]:
    """Yield the files that the workflow made in the results folder, except records."""
    yield from ("params.yaml", "metrics.json", "version.json", "report/index.html")
    yield from (f"made/{what}.done" for what in ("tables", "report", "version"))
    yield from (f"tables/{table}.csv" for table in COLUMNS)
    for environment, twin, probe in list_cells(params):
        yield f"protocols/{environment}/{twin}/{probe}.json"
        if probe in WITH_NOTEBOOK:
            yield from (f"notebooks/{environment}/{twin}/{probe}.{kind}" for kind in ("html", "ipynb"))
            yield f"made/notebooks/{environment}/{twin}/{probe}.done"


def _decisions(results: Path) -> Iterator[str]:
    """Yield the files of the decisions on further timings."""
    for path in Results(results).decisions.rglob("*.json"):
        yield path.relative_to(results).as_posix()


def _check_origin(study: Study, contents: Mapping[str, bytes], digests: Mapping[str, str]) -> None:
    """Raise `UserError` if code, locks or data differ from those that the records were measured with."""
    sources = {name for record in study.records.values() for name in record["protocol"]["code"]}
    found = {**digests, **{name: _digest_of_code(contents[name], name) for name in sources & contents.keys()}}
    for name, record in study.records.items():
        protocol = record["protocol"]
        expected = {
            **protocol["code"],
            **protocol.get("files", {}),
            **{f"{study.data}/{file}": digest for file, digest in protocol["data"]["sha256"].items()},
            Environment(record["environment"]).lock.as_posix(): protocol["lock"],
        }
        for file, digest in expected.items():
            if found.get(file) != digest:
                raise UserError(f"{file}: not what {name} was measured with; {REMEDY}")


def _digest_of_code(content: bytes, name: str) -> str:
    try:
        return source_of(content, name).digest
    except SyntaxError:  # Nothing was measured with it.
        return ""


def _folder(path: Path, otherwise: str) -> str:
    """Return the path of a folder in the repository, or `otherwise` if it is outside."""
    relative = Path(os.path.relpath(path))
    return otherwise if ".." in relative.parts else relative.as_posix()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from None
