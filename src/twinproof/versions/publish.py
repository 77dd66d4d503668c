"""Publishes a study: copies what its readers need into the repository, so that every clone has it.

Usage, in the repository's root: python -m twinproof.versions.publish --results results --to published
"""

import argparse
import io
import sys
import zipfile
from pathlib import Path

from twinproof.analysis.columns import COLUMNS
from twinproof.analysis.completeness import examine
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.base.numbers import counted
from twinproof.study.results import Results
from twinproof.versions.describe import FILE, PARTS
from twinproof.versions.find import EVIDENCE, RESULTS

REMEDY = "run `snakemake --cores all`"


def published(results: Path) -> dict[str, bytes]:
    """Return the files of a study that are published, by name: version, metrics, parameters, tables, and the evidence.

    The evidence is the part of the crate that the study made: records, notebooks and page. Workflow, code and data are
    in the repository already.

    Raises
    ------
    UserError
        If the study does not meet its requirements, its crate is missing or older than its report, or a record is not
        part of the plan.
    """
    if broken := [examined.requirement for examined in examine(results) if not examined.holds]:
        raise UserError(
            f"{results}: not published, because it violates {counted(len(broken), 'requirement')}, for example: "
            f"{broken[0]}; `twinproof check` says why"
        )
    names = [FILE, "metrics.json", "params.yaml", *(f"tables/{table}.csv" for table in COLUMNS)]
    files = {name: _read(results / name) for name in names}
    crate, evidence = Results(results).crate, io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(_read(crate))) as archive, zipfile.ZipFile(evidence, "w") as kept:
            held = archive.read(f"{RESULTS}/{FILE}")
            for entry in archive.infolist():
                if entry.filename.startswith(f"{RESULTS}/"):
                    kept.writestr(entry, archive.read(entry))
    except (zipfile.BadZipFile, KeyError):
        raise UserError(f"{crate}: no research crate of a study in the folder {RESULTS}; {REMEDY}") from None
    if held != files[FILE]:
        raise UserError(f"{crate}: is of another report than {results / FILE}; {REMEDY}")
    if more := _beyond(results, set(zipfile.ZipFile(evidence).namelist())):
        raise UserError(
            f"{more[0]}: not part of the study as it is planned now ({counted(len(more), 'such file')}), so the crate "
            f"lacks it; move it away and remove {results / FILE}, then {REMEDY}"
        )
    return {**files, EVIDENCE: evidence.getvalue()}


def _beyond(results: Path, held: set[str]) -> list[Path]:
    """Return the files that the version covers by its digests, but that are not in the evidence."""
    paths = (path for part in PARTS for path in sorted((results / part).rglob("*")) if path.is_file())
    return [path for path in paths if f"{RESULTS}/{path.relative_to(results).as_posix()}" not in held]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {REMEDY}") from None


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Publish a study: copy it to a folder that git tracks."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.versions.publish", description=main.__doc__)
    parser.add_argument("--results", type=Path, required=True, help="the folder of the study's results")
    parser.add_argument("--to", type=Path, required=True, help="the folder of the published study")
    options = parser.parse_args(arguments)
    for name, content in published(options.results).items():
        write_whole(options.to / name, content)


if __name__ == "__main__":
    sys.exit(main())
