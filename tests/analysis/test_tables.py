import copy
import json
import re
from pathlib import Path

import pytest
import yaml

from twinproof.analysis.columns import COLUMNS
from twinproof.analysis.tables import Rows, main, make_metrics, make_tables
from twinproof.pipeline.counting import write_plan
from twinproof.study.params import Params, read_params
from twinproof.study.record import write_record
from twinproof.study.seed import derive_seed

REPOSITORY = Path(__file__).parents[2]
CELL = "tf2.21-cpu/dynamic"
DIGEST = {letter: letter * 64 for letter in "abc"}


def epoch(weights: str) -> dict:
    return {
        "loss": 0.5,
        "accuracy": 0.8,
        "validation_loss": 0.4,
        "validation_accuracy": 0.85,
        "seconds": 1.0,
        "weights": weights,
    }


def trained(accuracy: float, weights: str) -> dict:
    result = {
        "epochs": [epoch(weights)],
        "seconds": 1.0,
        "test_loss": 0.4,
        "test_accuracy": accuracy,
        "weights": weights,
    }
    return {"status": "ok", "result": result}


FAILED = {"status": "failed", "error": {"type": "ValueError", "message": "no such layer"}}


@pytest.fixture
def study(tmp_path, monkeypatch) -> Path:
    """The results of a study of one twin: one identity and two learning records, made from the golden one."""
    monkeypatch.chdir(REPOSITORY)
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    params["twins"] = {"dynamic": params["twins"]["dynamic"]}
    params["environments"] = {"tf2.21-cpu": {"probes": ["identity", "learning"]}}
    params["identity"] |= {"replicates": 1, "steps": 1}
    params["learning"] |= {"replicates": 2, "epochs": 1}
    write_plan(Params.parse(params), tmp_path)
    golden = json.loads((REPOSITORY / "tests/golden/record-5.json").read_text())
    compared = {"outcome": "bit-equal", "outputs": 0.0, "losses": 0.0, "weights": 0.0, "first_difference": None}
    steps = {
        "variables": {"w": [2]},
        "parameters": 2,
        "outputs": DIGEST["a"],
        "steps": [{"loss": 1.0, "weights": DIGEST["b"]}],
    }
    styles = {
        "identity-0": {
            "functional": {"status": "ok", "result": steps},
            "subclassed": {"status": "ok", "result": {**steps, "comparison": compared}},
            "control": {"status": "ok", "result": {**steps, "comparison": compared}},
        },
        "learning-0": {"functional": trained(0.96, DIGEST["a"]), "subclassed": trained(0.96, DIGEST["a"])},
        "learning-1": {"functional": trained(0.97, DIGEST["b"]), "subclassed": trained(0.95, DIGEST["c"])},
    }
    for name, found in styles.items():
        probe, replicate = name.split("-")
        record = {
            **golden,
            "environment": "tf2.21-cpu",
            "twin": "dynamic",
            "probe": probe,
            "replicate": int(replicate),
            "seed": derive_seed(params["seed"], "dynamic", int(replicate)),
            "seconds": 3.0,
            "protocol": json.loads((tmp_path / f"protocols/{CELL}/{probe}.json").read_text()),
            "order": list(found),
            "styles": found,
        }
        write_record(tmp_path / f"trials/{CELL}/{name}.json", record)
    return tmp_path


def edit(path: Path, change) -> None:
    record = json.loads(path.read_text())
    change(record)
    write_record(path, record)


def tables_of(study: Path):
    records = {path.name: json.loads(path.read_text()) for path in sorted(study.glob("trials/**/*.json"))}
    return make_tables(Rows(records), read_params(study / "params.yaml"), [])


# What is not counted by trial, style, step or epoch.
APART = ("completeness", "code", "claims", "answer")


def test_tables_have_a_row_for_each_trial_style_step_and_epoch(study):
    assert main(["--results", str(study)]) == 0
    lines = {name: len((study / f"tables/{name}.csv").read_text().splitlines()) - 1 for name in COLUMNS}
    assert {name: lines[name] for name in APART} == {"completeness": 8, "code": 3, "claims": 12, "answer": 4}
    assert {name: count for name, count in lines.items() if name not in APART} == {
        "trials": 3, "environments": 1, "identity": 3, "identity_steps": 3, "learning": 4, "learning_epochs": 4,
        "accuracy": 2, "twins": 1, "timing": 0, "timing_processes": 0,
        "timing_quality": 0, "graphs": 0, "serialization": 0, "ingredients": 0, "exchange": 0, "introspection": 0,
        "faults": 0, "pitfalls": 0,
    }  # fmt: skip


def test_difference_from_functional_is_paired_by_seed(study):
    accuracy = tables_of(study)["accuracy"].set_index("style")
    assert accuracy.loc["subclassed", "difference"] == pytest.approx(-0.01)
    assert accuracy.loc["subclassed", "bit_equal"] == "1"
    assert accuracy.loc["functional", "test_accuracy"] == pytest.approx(0.965)


def test_metrics_give_the_share_of_seeds_with_bit_equal_weights(study):
    twin = make_metrics(tables_of(study))["environments"]["tf2.21-cpu"]["twins"]["dynamic"]
    assert (twin["gate"], twin["bit_equal_share"]) == ("bit-equal", 0.5)
    assert twin["styles"]["subclassed"]["seeds"] == 2


def test_trials_report_the_machine_and_its_state(study):
    def change(record):
        record["conditions"] = {
            "before": {"load": 0.25, "stolen": 7.5, "megahertz": 2400.0},
            "after": {"load": 1.5, "stolen": 9.25, "megahertz": 3000.0},
        }
        record["machine"]["pinned"] = [0, 1]

    edit(study / f"trials/{CELL}/learning-1.json", change)
    edit(
        study / f"trials/{CELL}/learning-0.json",
        lambda record: record["conditions"]["before"].update(stolen=99.0),
    )
    told = ["load_before", "load_after", "stolen", "megahertz_before", "megahertz_after", "pinned"]
    trials = tables_of(study)["trials"].set_index(["probe", "replicate"])[told]
    assert trials.loc["learning", 1].to_list() == [0.25, 1.5, 1.75, 2400.0, 3000.0, "0 1"]
    # Its counter was reset, and its machine reports neither frequency nor cores.
    assert trials.loc[("learning", 0), "stolen"] == 0
    assert trials.loc[("learning", 0), ["megahertz_before", "megahertz_after", "pinned"]].isna().all()


def test_twin_that_was_not_timed_has_no_timing_in_the_metrics(study):
    assert "timing" not in make_metrics(tables_of(study))["environments"]["tf2.21-cpu"]["twins"]["dynamic"]


def test_failed_training_is_counted_and_never_called_equal(study):
    edit(
        study / f"trials/{CELL}/learning-1.json",
        lambda record: record["styles"].update(subclassed=copy.deepcopy(FAILED)),
    )
    tables = tables_of(study)
    row = tables["accuracy"].set_index("style").loc["subclassed"]
    assert (row["seeds"], row["failed"], row["bit_equal"]) == (1, 1, "1")
    assert tables["twins"].loc[0, "bit_equal_seeds"] == 1
    assert "inconclusive, because 1 of its trainings failed" in tables["twins"].loc[0, "answer"]
    assert "ValueError: no such layer" in set(tables["learning"]["error"])


def test_twin_that_is_not_one_network_is_not_compared(study):
    different = {"outcome": "different", "outputs": 0.5, "losses": 0.1, "weights": 0.2, "first_difference": 0}
    edit(
        study / f"trials/{CELL}/identity-0.json",
        lambda record: record["styles"]["subclassed"]["result"].update(comparison=different),
    )
    tables = tables_of(study)
    assert tables["twins"].loc[0, "verdict"] == "not judged"
    assert tables["accuracy"][["difference", "bit_equal"]].isna().all(axis=None)
    assert tables["accuracy"]["test_accuracy"].notna().all()
    assert make_metrics(tables)["environments"]["tf2.21-cpu"]["twins"]["dynamic"]["bit_equal_share"] is None


def test_failed_functional_leaves_the_others_without_a_comparison(study):
    edit(
        study / f"trials/{CELL}/learning-0.json",
        lambda record: record["styles"].update(functional=copy.deepcopy(FAILED)),
    )
    learning = tables_of(study)["learning"]
    first = learning[(learning["replicate"] == 0) & (learning["style"] == "subclassed")]
    assert first["bit_equal"].isna().all()


def test_record_under_another_protocol_is_refused_and_earlier_tables_stay(study, capsys):
    assert main(["--results", str(study)]) == 0
    before = (study / "metrics.json").read_bytes()
    edit(study / f"trials/{CELL}/learning-1.json", lambda record: record["protocol"]["probe"].update(epochs=99))
    assert main(["--results", str(study)]) == 2
    message = capsys.readouterr().err
    assert "learning-1.json" in message
    assert "another protocol (probe changed since)" in message
    assert (study / "metrics.json").read_bytes() == before


@pytest.mark.parametrize("content", [None, "{"])
def test_protocol_that_cannot_be_read_is_named(study, capsys, content):
    path = study / f"protocols/{CELL}/learning.json"
    path.unlink() if content is None else path.write_text(content)
    assert main(["--results", str(study)]) == 2
    said = "cannot be read" if content is None else "not JSON"
    assert f"{path}: {said}" in capsys.readouterr().err


def test_record_of_another_trial_in_its_place_is_refused(study, capsys):
    edit(study / f"trials/{CELL}/learning-1.json", lambda record: record.update(replicate=0))
    assert main(["--results", str(study)]) == 2
    assert "the record of another trial" in capsys.readouterr().err


def test_missing_record_is_named(study, capsys):
    (study / f"trials/{CELL}/identity-0.json").unlink()
    assert main(["--results", str(study)]) == 2
    assert "identity-0.json: no such record" in capsys.readouterr().err


def test_data_dictionary_describes_every_column_of_every_table():
    text = (REPOSITORY / "docs/tables.md").read_text()
    sections = {part.split(":")[0].strip(): part for part in text.split("\n## ")[1:]}
    described = {
        name: {column for cell in re.findall(r"^\| ([a-z_, ]+) \|", part, re.M) for column in cell.split(", ")}
        - {"column"}
        for name, part in sections.items()
    }
    assert described == {name: set(columns) for name, columns in COLUMNS.items()}
