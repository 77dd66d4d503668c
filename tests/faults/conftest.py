"""A small study that ran undisturbed, copies of it to disturb, and what both have in common in the end."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ENVIRONMENT, MadeOnce
from tests.copies import fresh_copy, must, run_in, surroundings

STUDY = ["snakemake", "--cores", "2"]
TRIALS = [*STUDY, "trials"]
# What differs in every run, including the size of a SavedModel.
VARYING = re.compile("seconds$|^bytes$")
# The variable that marks a study's processes: all of them keep it, and it may have any value.
MARK = "TMPDIR"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)


@pytest.fixture(scope="session")
def undisturbed(made_once: MadeOnce) -> Path:
    """A copy whose study has ended: one twin and five trials; that of exchange starts its own processes."""
    return made_once("undisturbed", run_undisturbed)


def run_undisturbed(folder: Path) -> None:
    fresh_copy(folder, ENVIRONMENT)
    shutil.copy(Path(__file__).parent / "faulty.py", folder)
    change_params(
        folder,
        twins={"sound": {"module": "faulty", "arguments": {"ends": ""}}},
        environments={ENVIRONMENT: {"probes": ["identity", "learning", "exchange"]}},
        identity={"replicates": 2, "steps": 2},
        learning={"replicates": 2, "epochs": 1},
    )
    must(run_in(folder, *STUDY))
    assert len(records(folder)) == 5


@pytest.fixture
def study(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of the study that has ended, to be disturbed."""
    return shutil.copytree(undisturbed, tmp_path / "twinproof", symlinks=True)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Decides when something happens; FAULTS_SEED repeats earlier decisions."""
    seed = int(os.environ.get("FAULTS_SEED", time.time_ns() % 10**6))
    print(f"FAULTS_SEED={seed}")
    return random.Random(seed)  # noqa: S311


def change_params(folder: Path, **changes: dict[str, Any]) -> None:
    """Change keys of params.yaml; replace twins and environments as a whole."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    for key, change in changes.items():
        params[key] = change if key in ("twins", "environments") else params[key] | change
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def records(folder: Path) -> dict[str, bytes]:
    """Return the content of each record, by its path below the folder of the trials."""
    trials = folder / "results" / "trials"
    return {str(path.relative_to(trials)): path.read_bytes() for path in sorted(trials.rglob("*.json"))}


def files(folder: Path) -> dict[Path, bytes]:
    """Return the files in a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def forget(folder: Path, *probes: str) -> None:
    """Remove the records of these probes."""
    for probe in probes:
        for path in folder.glob(f"results/trials/*/*/{probe}-*.json"):
            path.unlink()


def outcomes(folder: Path) -> dict[str, Any]:
    """Return what every run finds, for each record: digests, losses, accuracies and outcomes."""
    return {path: _lasting(json.loads(content)["styles"]) for path, content in records(folder).items()}


def _lasting(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _lasting(value) for key, value in found.items() if not VARYING.search(key)}
    return [_lasting(value) for value in found] if isinstance(found, list) else found


def require_whole(study: Path, undisturbed: Path, before: dict[str, bytes] | None = None) -> None:
    """Check that the study is complete, equals the undisturbed one, and still has every earlier record."""
    found = outcomes(study)
    assert {path: found.get(path) for path in outcomes(undisturbed)} == outcomes(undisturbed)
    after = records(study)
    assert {path: after.get(path) for path in before or {}} == (before or {})
    must(run_in(study, "twinproof", "check"))


def refused(study: Path, *command: str) -> str:
    """Return the output of a command that fails, on one line."""
    done = run_in(study, *command)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


@contextmanager
def started(folder: Path, *command: str, prefix: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command as a shell does, in its own process group; its output goes to `said.log`."""
    temporary(folder).mkdir(exist_ok=True)
    environment = surroundings(folder) | {MARK: str(temporary(folder))}
    with log(folder).open("ab") as said:
        process = subprocess.Popen(
            [*prefix, *command], cwd=folder, env=environment, stdout=said, stderr=said, start_new_session=True
        )
    try:
        yield process
    finally:
        for pid in running(folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def log(folder: Path) -> Path:
    return folder.parent / "said.log"


def temporary(folder: Path) -> Path:
    return folder.parent / "t"


def running(folder: Path) -> list[int]:
    """Return the running processes of commands that were `started` in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"{MARK}={temporary(folder)}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found
