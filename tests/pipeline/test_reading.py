"""Reading a study changes nothing, and shows what a run would do."""

import copy
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.copies import logged, must, run_in
from tests.stand_in import ENVIRONMENT, StandIn
from twinproof.base.files import sha256

pytestmark = pytest.mark.versions

STUDY = ("snakemake", "--cores", "2")
TABLES = (*STUDY, "tables")
CELL = f"results/trials/{ENVIRONMENT}/simple"
# What Snakemake and Python write for their own use.
THEIRS = (".snakemake", "__pycache__", ".pytest_cache")
READERS = [
    ("snakemake", "-n"),
    ("snakemake", "-n", "images", "--sdm", "apptainer"),
    ("snakemake", "--lint"),
    ("snakemake", "--list-rules"),
    ("snakemake", "--summary"),
    ("snakemake", "--dag", "dot"),
    ("snakemake", "--unlock"),
    ("snakemake", "--report", "{elsewhere}/report.html", "tables"),
    ("twinproof", "plan"),
    ("twinproof", "check"),
    ("twinproof", "answer"),
    ("twinproof", "doctor"),
]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> StandIn:
    """A study whose tables were made."""
    folder = tmp_path_factory.mktemp("ended")
    stand_in = StandIn(folder / "study", folder / "made", ["identity", "learning", "timing"])
    must(run_in(stand_in.folder, *TABLES))
    return stand_in


@pytest.fixture
def study(ended: StandIn, tmp_path: Path) -> StandIn:
    """A copy of `ended`, to be changed."""
    own = copy.copy(ended)
    own.folder = shutil.copytree(ended.folder, tmp_path / "study", symlinks=True)
    own.params = copy.deepcopy(ended.params)
    return own


@pytest.fixture
def apptainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fake apptainer, because Snakemake asks for its version."""
    program = tmp_path / "bin" / "apptainer"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho apptainer version 1.3.0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)


def put_image(folder: Path, lock: str) -> Path:
    """Put an empty image into a study, and a mark that says which lock it was built from; return the mark."""
    place = folder / "results/environments" / ENVIRONMENT
    (place / "image.sif").touch()
    mark = place / "image.json"
    mark.write_text(json.dumps({"lock": lock, "build": "", "image": "", "sif": None}))
    return mark


def state(folder: Path) -> dict[str, tuple[object, ...]]:
    """Return everything about each file and folder that could change."""
    found: dict[str, tuple[object, ...]] = {}
    for path in [folder, *folder.rglob("*")]:
        relative = path.relative_to(folder)
        if not set(THEIRS).intersection(relative.parts):
            status = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            # A folder's time changes when Python writes compiled modules to it.
            changed = 0 if path.is_dir() else status.st_mtime_ns
            found[str(relative)] = (content, changed, status.st_mode, status.st_ino)
    return found


def longer(study: StandIn) -> None:
    """Ask for other trials of identity than those measured."""
    study.params["identity"]["steps"] += 1
    study.change(study.params)


def disorder(study: StandIn) -> None:
    """Leave what the start of a run cleans up: records that do not count, or count again, and unfit marks."""
    kept = study.params
    longer(study)
    must(run_in(study.folder, *STUDY, "trials"))
    kept["identity"]["steps"] -= 1
    kept["learning"]["epochs"] += 1
    study.change(kept)
    os.truncate(study.folder / CELL / "timing-0.json", 100)
    (study.folder / "results/batches" / ENVIRONMENT / "identity-0.done").unlink()
    future = study.folder / "src/twinproof/cli.py"
    os.utime(future, (future.stat().st_mtime + 10**6,) * 2)
    put_image(study.folder, "0" * 64)


@pytest.mark.usefixtures("apptainer")
def test_reading_changes_nothing(study: StandIn, tmp_path: Path) -> None:
    disorder(study)
    before = state(study.folder)
    for reader in READERS:
        run_in(study.folder, *(word.format(elsewhere=tmp_path) for word in reader))
        changed = {name for name, held in state(study.folder).items() ^ before.items()}
        assert not changed, reader


def test_a_read_only_folder_can_be_read(study: StandIn) -> None:
    disorder(study)
    must(run_in(study.folder, *STUDY, "-n"))
    with closed(study.folder) as prefix:
        for reader in (("snakemake", "-n"), ("twinproof", "plan")):
            must(run_in(study.folder, *prefix, *reader))


def jobs(told: str) -> list[str]:
    """Return what Snakemake ran, or would run: each job's rule and outputs, or its message if it has one."""
    found = re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+:)\n(?:    .*\n)*?    output: (.*)$", told, re.M)
    messages = re.findall(r"^Job \d+: (measuring .*)$", told, re.M)
    return sorted({*map(" ".join, found), *messages})


@contextmanager
def closed(folder: Path) -> Iterator[tuple[str, ...]]:
    """Make a folder read-only, except Snakemake's own; with this prefix, a command obeys that even as root."""
    places = [Path(place) for place, _, _ in os.walk(folder) if ".snakemake" not in place]
    for place in places:
        place.chmod(0o555)
    try:
        yield ("setpriv", "--bounding-set=-dac_override") if os.getuid() == 0 else ()
    finally:
        for place in places:
            place.chmod(0o755)


def taken_back(study: StandIn) -> None:
    """Measure with other parameters, and then restore the first ones, whose records come back."""
    longer(study)
    must(run_in(study.folder, *TABLES))
    study.params["identity"]["steps"] -= 1
    study.change(study.params)


def timing_taken_back(study: StandIn) -> None:
    study.params["timing"]["generations"] += 1
    study.change(study.params)
    must(run_in(study.folder, *TABLES))
    study.params["timing"]["generations"] -= 1
    study.change(study.params)


def cut_short(name: str) -> Callable[[StandIn], None]:
    """Return a function that cuts a record short, so that it is measured again with another result."""

    def cut(study: StandIn) -> None:
        study.change(study.params)
        os.truncate(study.folder / CELL / name, 100)

    return cut


def timing_gone(study: StandIn) -> None:
    study.change(study.params)
    (study.folder / CELL / "timing-5.json").unlink()


def replicate_more(study: StandIn) -> None:
    study.params["learning"]["replicates"] += 1
    study.change(study.params)


def remembered_nothing(study: StandIn) -> None:
    """Leave what a clone with pulled records has: no marks, and nothing that Snakemake remembers."""
    for name in (
        "results/batches",
        "results/benchmarks",
        "results/made",
        "results/batches.json",
        "results/data.json",
        ".snakemake",
    ):
        path = study.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()


CHANGES: dict[str, Callable[[StandIn], object]] = {
    "a parameter of a probe": longer,
    "a parameter, taken back": taken_back,
    "a parameter of timing, taken back": timing_taken_back,
    "a replicate more": replicate_more,
    "a record cut short": cut_short("identity-0.json"),
    "a timing cut short": cut_short("timing-0.json"),
    "a timing gone": timing_gone,
    "a record touched": lambda study: (study.folder / CELL / "learning-1.json").touch(),
    "a clone": remembered_nothing,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_dry_run_shows_what_the_run_does(study: StandIn, change: str) -> None:
    CHANGES[change](study)
    told = jobs(must(run_in(study.folder, *TABLES, "-n")))
    assert jobs(logged(study.folder, *TABLES)) == told


@pytest.mark.usefixtures("apptainer")
def test_a_dry_run_builds_only_an_image_from_another_lock(study: StandIn) -> None:
    command = ("snakemake", "-n", "images", "--sdm", "apptainer")
    lock = sha256(study.folder / "containers/locks" / f"{ENVIRONMENT}.txt")
    mark = put_image(study.folder, lock)
    assert "Nothing to be done" in must(run_in(study.folder, *command))
    # As the start of an earlier run, with another lock, left it.
    mark.rename(mark.with_suffix(".json.aside"))
    assert "Nothing to be done" in must(run_in(study.folder, *command))
    put_image(study.folder, "0" * 64)
    printed = must(run_in(study.folder, *command))
    assert "rule build_image:" in printed
    assert f"{ENVIRONMENT}: the image is built from another lock; it counts as not built" in printed
