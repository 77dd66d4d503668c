"""A forged record that is consistent and has a correct digest is found by measuring its trial again."""

import json
from pathlib import Path
from typing import Any

import pytest

from twinproof.base.errors import UserError
from twinproof.cli import main
from twinproof.environments.environment import Environment
from twinproof.pipeline import rerun as module
from twinproof.pipeline.counting import write_plan
from twinproof.pipeline.rerun import rerun
from twinproof.study.params import Params
from twinproof.study.protocol import make_protocol
from twinproof.study.record import write_record
from twinproof.study.seed import derive_seed
from twinproof.study.trial import Trial

from ..conftest import ENVIRONMENT, REPOSITORY

GOLDEN = json.loads(max(REPOSITORY.glob("tests/golden/record-*.json")).read_text())


@pytest.fixture
def results(project: Path, params: dict[str, Any]) -> Path:
    """Three records of identity in a project whose venv is valid, as far as files go."""
    params["twins"] = {"simple": params["twins"]["simple"]}
    params["environments"] = {ENVIRONMENT: {"probes": ["identity", "timing"]}}
    params["identity"] |= {"replicates": 3, "steps": 2}
    folder = project / "results"
    write_plan(Params.parse(params), folder)
    environment = Environment(ENVIRONMENT)
    environment.folder.mkdir(parents=True)
    environment.venv_mark.write_text("".join(f"{name}=={one}\n" for name, one in environment.pinned().items()))
    protocol = make_protocol(Params.parse(params), ENVIRONMENT, "simple", "identity")
    (folder / f"timing/{ENVIRONMENT}/simple").mkdir(parents=True)
    (folder / f"timing/{ENVIRONMENT}/simple/16.json").write_text(
        json.dumps({"sampling": params["timing"]["sampling"], "next": None, "open": []})
    )
    for replicate in range(3):
        own = {"replicate": replicate, "protocol": protocol, "seed": derive_seed(params["seed"], "simple", replicate)}
        write_record(path_of(folder, replicate), GOLDEN | own)
    return folder


def path_of(results: Path, replicate: int) -> Path:
    return results / f"trials/{ENVIRONMENT}/simple/identity-{replicate}.json"


def edit(path: Path, **own: Any) -> None:
    write_record(path, json.loads(path.read_text()) | own)


class Measured:
    """Stands in for the trials: each measures what the records said before they were edited."""

    def __init__(self, results: Path, **own: Any) -> None:
        self.true = {place.name: json.loads(place.read_text()) | own for place in results.rglob("identity-*.json")}
        self.asked: list[Trial] = []

    def __call__(self, results: Path, trial: Trial, output: Path) -> None:
        self.asked.append(trial)
        write_record(output, self.true[Path(trial.path).name])


def styles_with(loss: float) -> dict[str, Any]:
    """The styles of a record that is consistent, but was never measured."""
    styles = json.loads(json.dumps(GOLDEN["styles"]))
    for style in styles.values():
        style["result"]["steps"][1]["loss"] = loss
    return styles


def test_a_trial_measured_again_with_the_same_result_is_the_same(results: Path) -> None:
    measured = Measured(results, seconds=999.0, started="2026-12-01T00:00:00+00:00")
    assert [one.outcome for one in rerun(results, 2, measured)] == ["same", "same"]
    assert len(set(measured.asked)) == 2
    assert [one.outcome for one in rerun(results, 99, measured)] == ["same"] * 3


def test_a_forged_record_is_named_with_the_place(results: Path) -> None:
    measured = Measured(results)
    edit(path_of(results, 1), styles=styles_with(0.001))
    found = {one.record: one for one in rerun(results, 3, measured)}
    assert found[path_of(results, 0)].outcome == found[path_of(results, 2)].outcome == "same"
    forged = found[path_of(results, 1)]
    assert forged.outcome == "DIFFERS"
    assert forged.detail.startswith("styles.control.result.steps.1.loss: 0.001 in the record, ")


def test_a_result_from_another_processor_does_not_contradict_a_record(results: Path) -> None:
    measured = Measured(results, machine=GOLDEN["machine"] | {"processor": "Another CPU"})
    edit(path_of(results, 1), styles=styles_with(0.001))
    found = {one.record: one for one in rerun(results, 3, measured)}
    assert found[path_of(results, 0)].outcome == "same"
    assert found[path_of(results, 1)].outcome == "unlike"
    assert "'Another CPU'" in found[path_of(results, 1)].detail


def test_what_cannot_be_measured_again_differs(results: Path) -> None:
    def fails(results: Path, trial: Trial, output: Path) -> None:
        raise UserError("no such style")

    assert {(one.outcome, one.detail) for one in rerun(results, 1, fails)} == {
        ("DIFFERS", "it cannot be measured again: no such style")
    }


def test_a_record_from_a_gpu_is_not_chosen(results: Path) -> None:
    for replicate in range(3):
        edit(path_of(results, replicate), machine=GOLDEN["machine"] | {"device": "NVIDIA H200"})
    with pytest.raises(
        UserError, match="no record of identity, learning or graph on a CPU exists that could be measured again"
    ):
        list(rerun(results, 1, Measured(results)))


def test_a_venv_that_is_not_made_is_named_with_the_command_that_makes_it(results: Path) -> None:
    Environment(ENVIRONMENT).venv_mark.unlink()
    with pytest.raises(UserError, match="its venv is not made yet; `snakemake --cores 2 results/environments/"):
        list(rerun(results, 1, Measured(results)))


def test_the_exit_status_shows_whether_a_record_was_reproduced(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_measure", Measured(results))
    monkeypatch.setattr("twinproof.analysis.completeness.requirements", lambda *_: [])

    def status() -> int:
        try:
            return main(["check", "--rerun", "3"])
        except SystemExit as stop:
            return int(stop.code or 0)

    assert status() == 0
    assert capsys.readouterr().out.count("same     measured again: results/trials/") == 3
    edit(path_of(results, 2), styles=styles_with(0.001))
    assert status() == 1
    assert "DIFFERS  measured again: results/trials/tf2.21-cpu/simple/identity-2.json" in capsys.readouterr().out


def test_a_trial_is_measured_again_in_its_environment(results: Path) -> None:
    """The venv's Python is a script that writes down its arguments."""
    python = Environment(ENVIRONMENT).venv / "bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >given.txt\necho "error: no such twin" >&2\nexit 2\n')
    python.chmod(0o755)
    (one,) = rerun(results, 1)
    assert (one.outcome, one.detail) == ("DIFFERS", "it cannot be measured again: error: no such twin")
    given = Path("given.txt").read_text()
    assert "-m twinproof.measured.run_trial --environment=tf2.21-cpu --twin=simple --probe=identity" in given
