"""Each problem of a study is found by the requirement that it breaks."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY
from twinproof.analysis.completeness import Requirement, examine
from twinproof.cli import main
from twinproof.environments.environment import Environment
from twinproof.pipeline.counting import write_plan
from twinproof.study.params import Params
from twinproof.study.record import Record, write_record
from twinproof.study.seed import derive_seed

CELL = "tf2.21-cpu/simple"


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study of one twin with two records of identity, in a folder with its own data and locks."""
    for part in ("data", "containers/locks"):
        shutil.copytree(REPOSITORY / part, tmp_path / part)
    monkeypatch.chdir(tmp_path)
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    params["twins"] = {"simple": params["twins"]["simple"]}
    params["environments"] = {"tf2.21-cpu": {"probes": ["identity"]}}
    params["identity"]["steps"] = 2
    results = tmp_path / "results"
    write_plan(Params.parse(params), results)
    golden = json.loads((REPOSITORY / "tests/golden/record-5.json").read_text())
    protocol = json.loads((results / f"protocols/{CELL}/identity.json").read_text())
    pinned = Environment("tf2.21-cpu").pinned()
    for replicate in range(2):
        own = {
            "environment": "tf2.21-cpu",
            "replicate": replicate,
            "seed": derive_seed(params["seed"], "simple", replicate),
            "protocol": protocol,
            "software": {"python": "3.11.7", "twinproof": "0.1.0", **pinned},
        }
        write_record(results / f"trials/{CELL}/identity-{replicate}.json", golden | own)
    return results


def edit(study: Path, change: Callable[[Record], object]) -> None:
    """Change a record like someone who knows about its digest."""
    path = study / f"trials/{CELL}/identity-1.json"
    record = json.loads(path.read_text())
    change(record)
    write_record(path, record)


def found(study: Path) -> dict[str, list[str]]:
    return {one.requirement: one.findings for one in examine(study) if not one.holds}


def test_a_complete_study_has_no_findings(study: Path) -> None:
    assert found(study) == {}
    assert len(examine(study)) == 8


def test_a_missing_record_is_found(study: Path) -> None:
    (study / f"trials/{CELL}/identity-1.json").unlink()
    [(requirement, findings)] = found(study).items()
    assert requirement == "Every planned trial has a record"
    assert findings == [f"{study}/trials/{CELL}/identity-1.json: no such record"]


def test_a_record_edited_by_hand_is_found(study: Path) -> None:
    path = study / f"trials/{CELL}/identity-1.json"
    path.write_text(path.read_text().replace('"outcome": "bit-equal"', '"outcome": "different"', 1))
    [(requirement, [finding])] = found(study).items()
    assert requirement == "Every record is complete and unchanged"
    assert "edited since it was written" in finding


EDITS: dict[str, tuple[Callable[[Record], object], str, str]] = {
    "other code": (
        lambda record: record["protocol"]["code"].update({"twinproof/measured/run_trial.py": "0" * 64}),
        "Every record belongs to the trial",
        "code changed since it was measured",
    ),
    "other trial": (
        lambda record: record.update(twin="dynamic"),
        "Every record belongs to the trial",
        "the record of another trial",
    ),
    "other seed": (lambda record: record.update(seed=7), "Every seed is the planned one", "seed 7; planned: "),
    "other version": (
        lambda record: record["software"].update(keras="2.0"),
        "Every process ran the versions in its lock",
        "ran keras 2.0 (",
    ),
    "missing package": (
        lambda record: record["software"].pop("numpy"),
        "Every process ran the versions in its lock",
        "ran no numpy (",
    ),
    "failed control": (
        lambda record: record["styles"].update(
            control={"status": "failed", "error": {"type": "ValueError", "message": "no"}}
        ),
        "Every identity, timing and graph has its controls",
        "control is missing or failed",
    ),
    "no reason": (
        lambda record: record["styles"].update(
            sequential={"status": "failed", "error": {"type": "ValueError", "message": ""}}
        ),
        "Every style has a result, or a reason",
        "sequential failed without a message",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_each_problem_is_found_by_its_requirement(study: Path, name: str) -> None:
    change, requirement, finding = EDITS[name]
    edit(study, change)
    [(broken, findings)] = found(study).items()
    assert broken.startswith(requirement)
    [one] = findings
    assert f"{CELL}/identity-1.json" in one and finding in one


def test_shared_seeds_are_found(study: Path) -> None:
    first = json.loads((study / f"trials/{CELL}/identity-0.json").read_text())["seed"]
    edit(study, lambda record: record.update(seed=first))
    [findings] = found(study).values()
    assert f"simple: replicates 0, 1 share the seed {first}" in findings


def test_altered_data_are_found(study: Path) -> None:
    path = Path("data/mnist/t10k-labels-idx1-ubyte.gz")
    path.write_bytes(path.read_bytes()[:-1])
    assert found(study) == {"The data match the checksums": [f"{path}: does not match the checksums"]}


def test_changed_lock_is_found(study: Path) -> None:
    lock = Path("containers/locks/tf2.21-cpu.txt")
    lock.write_text(lock.read_text() + "# changed\n")
    [findings] = found(study).values()
    assert [finding.split(": ")[1] for finding in findings] == ["lock changed since it was measured"] * 2


def test_missing_lock_is_found_once_for_all_that_ran_in_its_environment(study: Path) -> None:
    Path("containers/locks/tf2.21-cpu.txt").unlink()
    [finding] = found(study)["Every process ran the versions in its lock"]
    assert "tf2.21-cpu has no lock" in finding


def test_many_findings_are_counted_in_the_table() -> None:
    row = Requirement("Every one", [f"finding {number}" for number in range(9)]).row()
    assert (row.holds, row.findings.split("; ")[-2:]) == (False, ["finding 4", "and 4 more"])
    assert Requirement("Every one", []).row().findings is None


def test_check_prints_each_requirement_and_its_exit_status_shows_the_result(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def status() -> int:
        try:
            return main(["check"])
        except SystemExit as stop:
            return int(stop.code or 0)

    assert status() == 0
    assert capsys.readouterr().out.count("holds  ") == 8
    (study / f"trials/{CELL}/identity-0.json").unlink()
    assert status() == 1
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "FAILS  Every planned trial has a record"
    assert "identity-0.json: no such record" in printed[1]
