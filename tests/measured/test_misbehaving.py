"""Twins that misbehave: each costs at most its own result, and the outcome is reported."""

import hashlib
import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from tests.conftest import ENVIRONMENT, REPOSITORY, python_of, until
from twinproof.study.record import read_record

pytestmark = pytest.mark.keras

Completed = subprocess.CompletedProcess[str]
TWIN = '''
import os, subprocess, sys, threading, time
from twinproof.measured.twins import simple

ONE = simple.functional()

class Mute(Exception):
    def __str__(self):
        raise RuntimeError

class Bad(simple.Simple):
    """Behaves badly when it is trained."""

    how = ""

    def train_on_batch(self, *arguments, **options):
        if self.how == "half a pair": raise ValueError("half \\ud800 a pair")
        if self.how == "mute": raise Mute
        if self.how == "without a text": raise ValueError
        if self.how == "exits in training": sys.exit(0)
        if self.how == "leaves in training": os._exit(0)
        return super().train_on_batch(*arguments, **options)

def functional(how):
    return ONE if how == "one for both" else simple.functional()

def subclassed(how):
    if how == "exits": sys.exit(0)
    if how == "leaves": os._exit(0)
    if how == "elsewhere": os.chdir("/")
    if how == "misspelt": return simple.layers.Dense(1, units=1)
    if how in ("reads", "names"): open("weights.txt").read()
    if how == "threads": threading.Thread(target=time.sleep, args=[1000]).start()
    if how in ("children", "hangs"): subprocess.Popen(["sleep", "1000"], start_new_session=True)
    if how == "hangs": time.sleep(1000)
    model = Bad(name="simple")
    model.how = how
    return ONE if how == "one for both" else model
'''
HARMLESS = ["elsewhere", "threads", "children", "names"]
WITH_RECORD = ["half a pair", "mute", "without a text", "exits in training", *HARMLESS]
WITHOUT = ["exits", "leaves", "leaves in training", "misspelt", "one for both", "reads"]


def name_of(how: str) -> str:
    return how.replace(" ", "_")


def make(project: Path, hows: list[str]) -> list[str]:
    """Write a twin for each of these behaviours, and return the arguments of a batch of all twins."""
    (project / "bad.py").write_text(TWIN)
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["identity"]["steps"] = 1
    params["twins"] = {name_of(how): {"module": "bad", "arguments": {"how": how}} for how in hows}
    (project / "weights.txt").write_text("1")
    if "names" in hows:
        params["twins"]["names"]["files"] = ["weights.txt"]
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    trials = [f"{name_of(how)}/0" for how in hows]
    return [
        "--probe=identity", f"--environment={ENVIRONMENT}", "--params=params.yaml", "--records=records", "--mark=done",
        "--trials", *trials,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def batch(
    make_project: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
    run_in_environment: Callable[..., Completed],
) -> tuple[Completed, Path]:
    """One batch of all twins, so that Keras is imported once."""
    project = make_project(tmp_path_factory.mktemp("bad") / "project")
    asked = make(project, [*WITHOUT, *WITH_RECORD])
    # With a second replicate of a refused twin.
    return run_in_environment("-m", "twinproof.measured.run_batch", *asked, "misspelt/1", cwd=project), project


def found(batch: tuple[Completed, Path], how: str) -> dict[str, Any]:
    record = read_record(batch[1] / f"records/{ENVIRONMENT}/{name_of(how)}/identity-0.json")
    return {style: fact.get("error", "ok") for style, fact in record["styles"].items()}


def test_only_twins_that_can_be_measured_have_a_record(batch: tuple[Completed, Path]) -> None:
    done, project = batch
    assert done.returncode == 1
    written = {path.parent.name for path in (project / "records").rglob("*.json")}
    assert written == {name_of(how) for how in WITH_RECORD}
    assert not (project / "done").exists()


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("half a pair", {"type": "ValueError", "message": "half \\ud800 a pair"}),
        ("mute", {"type": "Mute", "message": "its text is not available: its str() raises RuntimeError"}),
        ("without a text", {"type": "ValueError", "message": "without a text"}),
        ("exits in training", {"type": "SystemExit", "message": "0"}),
    ],
)
def test_an_error_in_training_affects_only_its_style(
    batch: tuple[Completed, Path], how: str, error: dict[str, str]
) -> None:
    assert found(batch, how) == {"functional": "ok", "control": "ok", "subclassed": error}
    path = batch[1] / f"records/{ENVIRONMENT}/{name_of(how)}/identity-0.json"
    json.dumps(read_record(path), ensure_ascii=False).encode()  # As tables and page are written.


@pytest.mark.parametrize("how", HARMLESS)
def test_a_harmless_twin_is_measured(batch: tuple[Completed, Path], how: str) -> None:
    assert set(found(batch, how).values()) == {"ok"}
    assert f"{name_of(how)} identity 0: done in" in batch[0].stderr


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("exits", ["error: twins.exits: `subclassed` cannot be built: SystemExit: 0 (", "bad.py, line "]),
        ("leaves", ["leaves identity 0: failed: it ended without identity-0.json, for example after os._exit"]),
        ("leaves in training", ["leaves_in_training identity 0: failed: it ended without identity-0.json"]),
        (
            "one for both",
            ["error: twins.one_for_both: `functional` returns the same model object that it returned before"],
        ),
        ("reads", ["error: twins.reads: its code reads weights.txt, but params.yaml", "`files: [weights.txt]`"]),
        ("misspelt", ["error: twins.misspelt: `subclassed` cannot be built: TypeError: ", "bad.py, line "]),
        ("misspelt", ["misspelt identity 1: not run, because this twin was refused above"]),
    ],
)
def test_a_missing_record_is_explained(batch: tuple[Completed, Path], how: str, words: list[str]) -> None:
    lines = batch[0].stderr.splitlines()
    assert [line for line in lines if all(word in line for word in words)]


def test_a_record_has_the_digest_of_the_files_that_its_twin_names(batch: tuple[Completed, Path]) -> None:
    record = read_record(batch[1] / f"records/{ENVIRONMENT}/names/identity-0.json")
    assert record["protocol"]["files"] == {"weights.txt": hashlib.sha256(b"1").hexdigest()}


def test_nothing_that_a_twin_started_is_left(batch: tuple[Completed, Path]) -> None:
    assert children_in(batch[1]) == []


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_trial_ends_what_it_started(project: Path, how: signal.Signals) -> None:
    make(project, ["hangs"])
    options = {"environment": ENVIRONMENT, "twin": "hangs", "probe": "identity", "replicate": "0"}
    command = [
        python_of(ENVIRONMENT),
        "-m",
        "twinproof.measured.run_trial",
        "--params=params.yaml",
        "--output=record.json",
    ]
    environment = {**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}{os.pathsep}{project}"}
    with subprocess.Popen(
        [*command, *(f"--{key}={value}" for key, value in options.items())],
        cwd=project,
        env=environment,
        stderr=subprocess.DEVNULL,
    ) as process:
        until(lambda: "sleep" in children_in(project))
        process.send_signal(how)
        until(lambda: not children_in(project))
    assert not (project / "record.json").exists()


def children_in(project: Path) -> list[str]:
    """Return the names of the other processes whose working folder is the project."""
    inside = (process for process in psutil.process_iter(["pid", "name", "cwd"]) if process.pid != os.getpid())
    return [process.info["name"] for process in inside if process.info["cwd"] == str(project)]
