"""A trial writes one whole record, or says what is wrong and writes nothing."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.base.checkout import find_commit
from twinproof.environments.variables import let_through
from twinproof.study.record import read_record
from twinproof.study.seed import derive_seed

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = "tf2.21-cpu"
Completed = subprocess.CompletedProcess[str]
Run = Callable[..., Completed]


def arguments(output: str, **changes: str) -> list[str]:
    options = {"environment": ENVIRONMENT, "twin": "conditional", "probe": "learning", "replicate": "0"} | changes
    return [*(f"--{key}={value}" for key, value in options.items()), "--params=params.yaml", f"--output={output}"]


@pytest.fixture
def trial(run_in_environment: Run, project: Path) -> Callable[..., Completed]:
    """Run a trial in the project, over an existing file."""

    def run(**changes: str) -> Completed:
        (project / "record.json").write_text("former")
        return run_in_environment(
            "-m", "twinproof.measured.run_trial", *arguments("record.json", **changes), cwd=project
        )

    return run


def edit(project: Path, change: Callable[[dict[str, Any]], object]) -> None:
    params = yaml.safe_load((project / "params.yaml").read_text())
    change(params)
    (project / "params.yaml").write_text(yaml.safe_dump(params))


def refused(done: Completed, project: Path) -> str:
    """Check that a trial reported a user's mistake and kept the earlier file; return its message."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert (project / "record.json").read_text() == "former"
    assert sorted(project.glob(".record*")) == []
    # What TensorFlow says when it is imported may come before.
    assert [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return done.stderr


@pytest.fixture(scope="module")
def shipped_and_own(
    run_in_environment: Run, make_project: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return records of one trial, with the shipped module and with a user's copy of it, in two processes."""
    project = make_project(tmp_path_factory.mktemp("trial") / "project")
    (project / "models").mkdir()
    shutil.copy(REPOSITORY / "src/twinproof/measured/twins/conditional.py", project / "models" / "mine.py")
    records = []
    for module in ("twinproof.measured.twins.conditional", "models.mine"):
        edit(project, lambda params, module=module: params["twins"]["conditional"].update(module=module))
        output = f"{module}.json"
        done = run_in_environment("-m", "twinproof.measured.run_trial", *arguments(output), cwd=project)
        assert done.returncode == 0, done.stderr
        records.append(read_record(project / output))
    return records[0], records[1]


def digests(record: dict[str, Any]) -> dict[str, list[str]]:
    return {
        style: [epoch["weights"] for epoch in found["result"]["epochs"]] for style, found in record["styles"].items()
    }


def test_a_users_own_module_gives_the_digests_of_the_shipped_one_in_another_process(
    shipped_and_own: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    shipped, own = shipped_and_own
    assert digests(own) == digests(shipped)
    assert own["protocol"]["twin"]["module"] == "models.mine"
    assert "models/mine.py" in own["protocol"]["code"]


def test_the_styles_learn_mnist_alike(shipped_and_own: tuple[dict[str, Any], dict[str, Any]]) -> None:
    results = [found["result"] for found in shipped_and_own[0]["styles"].values()]
    assert len(results) == 2
    assert results[0]["weights"] == results[1]["weights"]
    assert results[0]["test_accuracy"] > 0.9


def test_a_record_says_where_it_came_from(
    shipped_and_own: tuple[dict[str, Any], dict[str, Any]], params: dict[str, Any]
) -> None:
    record = shipped_and_own[0]
    assert (record["environment"], record["twin"], record["probe"], record["replicate"]) == (
        ENVIRONMENT,
        "conditional",
        "learning",
        0,
    )
    assert record["seed"] == derive_seed(params["seed"], "conditional", 0)
    assert sorted(record["order"]) == sorted(record["styles"])
    assert record["machine"]["threads"] == 1
    assert record["machine"]["device"] == "CPU"
    lock = (REPOSITORY / "containers" / "locks" / f"{ENVIRONMENT}.txt").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, re.MULTILINE))
    assert pinned.items() <= record["software"].items()
    assert (record["commit"], record["commit_missing"]) == find_commit()
    assert record["variables"] == let_through(os.environ) | {"CUDA_VISIBLE_DEVICES": "-1"}


def test_a_timing_trial_stays_on_one_core_and_records_which(run_in_environment: Run, project: Path) -> None:
    def ask(params: dict[str, Any]) -> None:
        params["environments"][ENVIRONMENT]["probes"] = ["timing"]
        params["timing"] |= {"quantities": ["construct"], "rounds": {"steady": 1, "rough": 1}, "busy": 1.0}

    edit(project, ask)
    done = run_in_environment(
        "-m", "twinproof.measured.run_trial", *arguments("record.json", probe="timing"), cwd=project
    )
    assert done.returncode == 0, done.stderr
    record = read_record(project / "record.json")
    available = sorted(os.sched_getaffinity(0))
    assert record["machine"]["pinned"] == available[-1:]
    assert record["machine"]["cores"] == len(available)
    assert record["measurement"]["clock"]["cost"] > 0
    assert record["styles"]["control"]["result"]["quantities"].keys() == {"construct"}


def test_an_altered_data_file_is_refused(trial: Callable[..., Completed], project: Path) -> None:
    shutil.copytree(REPOSITORY / "data" / "mnist", project / "images")
    file = project / "images" / "t10k-labels-idx1-ubyte.gz"
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    edit(project, lambda params: params["data"].update(directory="images"))
    told = refused(trial(), project)
    assert "images/t10k-labels-idx1-ubyte.gz: altered" in told
    assert "get the file again" in told


@pytest.mark.parametrize(
    ("pattern", "replacement", "told"),
    [
        (r"^numpy==\S+", "numpy==0.0.1", r"numpy is [\d.]+, but .* says 0\.0\.1"),
        (r"\Z", f"\nno-such-package==1.0 --hash=sha256:{'0' * 64}\n", r"no-such-package is missing, but .* says 1\.0"),
    ],
    ids=["another version", "not installed"],
)
def test_an_environment_that_differs_from_its_lock_is_refused_with_the_package(
    trial: Callable[..., Completed], project: Path, pattern: str, replacement: str, told: str
) -> None:
    lock = project / "containers" / "locks" / f"{ENVIRONMENT}.txt"
    lock.write_text(re.sub(pattern, replacement, lock.read_text(), count=1, flags=re.MULTILINE))
    message = refused(trial(), project)
    assert re.search(told, message)
    assert f"remove results/environments/{ENVIRONMENT} and run again" in message


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"environment": "tf0"}, f"--environment tf0: not in the parameters; allowed: {ENVIRONMENT}"),
        ({"twin": "none"}, "--twin none: not in the parameters; allowed: conditional, dynamic, simple"),
        ({"probe": "speed"}, "--probe speed: not in the parameters; allowed: identity, learning"),
        ({"replicate": "-1"}, "--replicate -1: allowed: 0 and more"),
    ],
)
def test_a_trial_that_the_parameters_do_not_plan_is_refused(
    trial: Callable[..., Completed], project: Path, changes: dict[str, str], told: str
) -> None:
    assert told in refused(trial(**changes), project)


def test_a_bad_parameter_is_refused(trial: Callable[..., Completed], project: Path) -> None:
    edit(project, lambda params: params["learning"].update(epochs=0))
    assert "params.yaml: learning.epochs: 0 is not allowed" in refused(trial(), project)


def test_a_module_that_fails_on_import_is_refused(trial: Callable[..., Completed], project: Path) -> None:
    (project / "mine.py").write_text("1 / 0\n")
    edit(project, lambda params: params["twins"]["conditional"].update(module="mine"))
    assert "twins.conditional.module: importing mine failed: ZeroDivisionError" in refused(trial(), project)


def test_an_output_that_cannot_be_written_is_refused_before_measuring(run_in_environment: Run, project: Path) -> None:
    (project / "file").touch()
    done = run_in_environment("-m", "twinproof.measured.run_trial", *arguments("file/record.json"), cwd=project)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "file" in done.stderr


def test_a_fault_of_the_harness_gives_a_traceback_and_no_record(run_in_environment: Run, project: Path) -> None:
    (project / "record.json").write_text("former")
    broken = (
        "import sys\n"
        "from twinproof.measured import probes, run_trial\n"
        "def run(*_): raise AssertionError('a fault of twinproof')\n"
        "probes.load = lambda name: run\n"
        f"sys.exit(run_trial.main({json.dumps(arguments('record.json'))}))\n"
    )
    done = run_in_environment("-c", broken, cwd=project)
    assert done.returncode == 1
    assert "AssertionError: a fault of twinproof" in done.stderr
    assert (project / "record.json").read_text() == "former"


@pytest.mark.parametrize(
    ("policy", "gpus", "told"),
    [
        (
            "error",
            "no driver",
            "error: environment tf2.21-cpu: no GPU is found here (no driver); use a machine with a GPU",
        ),
        ("error", None, "no GPU is found here (Keras does not use the one that the driver shows)"),
        ("cpu", "no driver", "using the CPU, because environments.tf2.21-cpu.without_gpu allows it"),
    ],
)
def test_without_a_gpu_the_parameters_decide(
    run_in_environment: Run, project: Path, policy: str, gpus: str | None, told: str
) -> None:
    """The environment for the CPU, treated like one that needs a GPU."""
    edit(project, lambda params: params["environments"][ENVIRONMENT].update(without_gpu=policy))
    asked = arguments("record.json", probe="identity")
    taken = (
        "import sys\n"
        "from twinproof.measured import run_trial\n"
        "run_trial.Environment.wants_gpu = lambda self: True\n"
        f"run_trial.gpus = lambda: {{'names': [], 'fault': {gpus!r}}}\n"
        f"sys.exit(run_trial.main({json.dumps(asked)}))\n"
    )
    done = run_in_environment("-c", taken, cwd=project)
    (line,) = (line for line in done.stderr.splitlines() if "GPU is found" in line)
    assert told in line
    if policy == "error":
        assert done.returncode == 2
        assert not (project / "record.json").exists()
    else:
        record = read_record(project / "record.json")
        assert record["machine"]["device"] == "CPU"
        assert record["protocol"]["without_gpu"] == "cpu"
