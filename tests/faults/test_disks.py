"""Full disks, and folders that cannot be written to."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import until
from tests.copies import log_of_run, logged, must, run_in

from .conftest import (
    STUDY,
    TRIALS,
    change_params,
    files,
    forget,
    log,
    records,
    refused,
    require_whole,
    started,
)

FULL = "cannot be {} (No space left on device); "


@pytest.fixture
def disk(study: Path) -> Iterator[Path]:
    """A separate small disk for the results of the study."""
    results = study / "results"
    content = results.rename(study / "content")
    results.mkdir()
    done = mount("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(results))
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")
    try:
        shutil.copytree(content, results, symlinks=True, dirs_exist_ok=True)
        yield results
    finally:
        subprocess.run(["umount", "--lazy", results], check=True)


def mount(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["mount", *arguments], capture_output=True, text=True)


@contextmanager
def full(folder: Path, left: int = 0) -> Iterator[None]:
    """Leave only this number of bytes on the disk of a folder for a while."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(bytes(2**12))
        file.truncate(file.tell() - left)
    try:
        yield
    finally:
        filler.unlink()


def test_a_full_disk_is_reported_in_one_line_and_loses_nothing(disk: Path, study: Path, undisturbed: Path) -> None:
    forget(study, "identity")
    before = records(study)

    def fills_up_once(job: str, left: int, *command: str) -> str:
        """Return the output if the disk fills up after this job has started."""
        said, begun = log(study).read_text() if log(study).exists() else "", time.time()
        journal = disk / "logs" / job
        with started(study, *command) as run:
            until(lambda: journal.exists() and journal.stat().st_mtime > begun, 300)
            with full(disk, left):
                assert run.wait(600) == 1
        assert before.items() <= records(study).items()
        return log(study).read_text().removeprefix(said)

    # Before anything is measured.
    with full(disk):
        said = refused(study, *TRIALS)
    assert f"results: {FULL.format('written to')}its files are unchanged" in said
    assert "measuring in" not in log_of_run(study)
    # While the disk is full, not even the log says more.
    said = fills_up_once("batches/tf2.21-cpu/identity-0.log", 0, *TRIALS)
    assert f"results: {FULL.format('written to')}its files are unchanged" in said
    assert records(study) == before
    said = fills_up_once("batches/tf2.21-cpu/identity-0.log", 2**15, *TRIALS)
    assert f"error: results/trials/tf2.21-cpu/sound: {FULL.format('written to')}" in said
    assert records(study) == before
    must(run_in(study, *TRIALS))
    before, page = records(study), (disk / "report/index.html").read_bytes()
    # While there is room for some of the tables.
    tables = files(disk / "tables")
    said = fills_up_once("tables.log", 2**12, *STUDY)
    assert re.search(rf"error: results/tables/\w+\.csv: {re.escape(FULL.format('written'))}", said)
    assert files(disk / "tables") == tables
    # While the page is made.
    must(run_in(study, *STUDY, "tables"))
    said = fills_up_once("report.log", 2**15, *STUDY)
    assert f"error: results/report/index.html: {FULL.format('written')}an earlier file is unchanged" in said
    assert (disk / "report/index.html").read_bytes() == page
    must(run_in(study, *STUDY))
    require_whole(study, undisturbed, before)
    assert (disk / "report/index.html").read_bytes() != page
    # While tables are made again after a code change: the restored ones equal the new ones, but do not count.
    with (study / "src/twinproof/analysis/verdicts/learning.py").open("a") as code:
        code.write("# another\n")
    fills_up_once("tables.log", 2**12, *STUDY)
    assert "rule make_tables:" in logged(study, *STUDY)
    assert "Nothing to be done" in must(run_in(study, *STUDY))


@contextmanager
def closed_by_mode(results: Path) -> Iterator[tuple[str, ...]]:
    """Make a folder read-only; commands with the yielded prefix respect that even as root."""
    folders = [Path(folder) for folder, _, _ in os.walk(results)]
    for folder in folders:
        folder.chmod(0o555)
    yield ("setpriv", "--bounding-set=-dac_override") if os.getuid() == 0 else ()
    for folder in folders:
        folder.chmod(0o755)


@contextmanager
def closed_by_mount(disk: Path) -> Iterator[tuple[str, ...]]:
    """Make a disk read-only."""
    assert mount("-o", "remount,ro", str(disk)).returncode == 0
    yield ()
    assert mount("-o", "remount,rw", str(disk)).returncode == 0


def test_a_folder_that_cannot_be_written_to_is_reported_in_one_line(disk: Path, study: Path, undisturbed: Path) -> None:
    before = files(disk)
    told = "results: cannot be written to (Permission denied); its files are unchanged"
    # Snakemake itself reports write-protected files.
    protected = "Write-protected output files for rule make_"
    for close, error, says in (
        (closed_by_mode, "Permission denied", told),
        (closed_by_mount, "Read-only file system", protected),
    ):
        with close(disk) as prefix:
            # If there is nothing to do, nothing has to be written.
            assert "Nothing to be done" in must(run_in(study, *prefix, *STUDY))
            assert says in refused(study, *prefix, *STUDY, "--forcerun", "make_version")
            change_params(study, identity={"replicates": 3})
            assert f"results/params.yaml: cannot be written ({error}); an earlier file" in refused(
                study, *prefix, *TRIALS
            )
            change_params(study, identity={"replicates": 2})
        assert files(disk) == before
    must(run_in(study, *STUDY))
