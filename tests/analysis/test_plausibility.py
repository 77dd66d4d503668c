"""A forged record with a correct digest is found if it contradicts itself."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from twinproof.analysis.completeness import examine
from twinproof.analysis.plausibility import contradictions, foreign, shares_of
from twinproof.analysis.records import read_records
from twinproof.analysis.tables import main as make_tables
from twinproof.base.errors import UserError
from twinproof.pipeline.counting import write_plan
from twinproof.study.params import Params
from twinproof.study.record import read_record, write_record
from twinproof.study.seed import derive_seed

from ..report import studies

REPOSITORY = Path(__file__).parents[2]
GOLDEN = max(REPOSITORY.glob("tests/golden/record-*.json"))
CELL = "tf2.21-cpu/dynamic"
Record = dict[str, Any]
Forgery = Callable[[Record], object]


def identity() -> Record:
    return json.loads(GOLDEN.read_text())


def learning() -> Record:
    """A record of learning that agrees with itself."""
    record = identity()
    settings = {"name": "learning", "epochs": studies.EPOCHS, "batch_size": 128, "threads": 1}
    styles = {style: found for style, found in studies.make_learning("dynamic", 0).items() if style != "sequential"}
    record["protocol"] = {**record["protocol"], "probe": settings, "twin": {"name": "dynamic"}}
    seed = derive_seed(record["protocol"]["study_seed"], "dynamic", 0)
    return record | {
        "probe": "learning", "twin": "dynamic", "seed": seed, "seconds": 41.5, "order": list(styles), "styles": styles
    }  # fmt: skip


def other(probe: str) -> Record:
    """A record of another probe."""
    record = identity()
    record["protocol"] = {**record["protocol"], "probe": {"name": probe, "threads": 1}}
    made = studies.templates()["simple", probe]
    kept = {"protocol": record["protocol"], "software": record["software"], "seed": record["seed"]}
    return copy.deepcopy(made | kept)


def functional(record: Record) -> Record:
    return record["styles"]["functional"]["result"]


def subclassed(record: Record) -> Record:
    return record["styles"]["subclassed"]["result"]


FORGED: dict[str, tuple[Callable[[], Record], Forgery, str]] = {
    "an accuracy between two images": (
        learning,
        lambda record: functional(record).update(test_accuracy=0.99955),
        "styles.functional.result.test_accuracy: 0.99955 is not a share of 10000 images",
    ),
    "a training accuracy between two images": (
        learning,
        lambda record: functional(record)["epochs"][0].update(accuracy=0.90001),
        "styles.functional.result.epochs.0.accuracy: 0.90001 is not a share of 55000",
    ),
    "a validation accuracy between two images": (
        learning,
        lambda record: functional(record)["epochs"][1].update(validation_accuracy=0.9999),
        "styles.functional.result.epochs.1.validation_accuracy: 0.9999 is not a share of 5000",
    ),
    "an epoch more": (
        learning,
        lambda record: functional(record)["epochs"].append(functional(record)["epochs"][-1]),
        f"styles.functional.result.epochs: {studies.EPOCHS + 1} of them; its protocol says {studies.EPOCHS}",
    ),
    "weights of no epoch": (
        learning,
        lambda record: functional(record).update(weights="f" * 64),
        "styles.functional.result.weights: not those after the last epoch",
    ),
    "a fit that took less than its epochs": (
        learning,
        lambda record: functional(record).update(seconds=0.1),
        "styles.functional.result.seconds: 0.1; its epochs took 6.0",
    ),
    "a trial that took less than its styles": (
        learning, lambda record: record.update(seconds=1.0), "seconds: 1.0; its styles took 12"
    ),
    "bit-equal with unequal outputs": (
        identity,
        lambda record: subclassed(record).update(outputs="f" * 64),
        "styles.subclassed.result.comparison.outcome: 'bit-equal'; the digests and the proof say 'within rounding'",
    ),
    "bit-equal with unequal weights": (
        identity,
        lambda record: subclassed(record)["steps"][0].update(weights="f" * 64),
        "styles.subclassed.result.comparison.first_difference: None; the digests differ from step 1 on",
    ),
    "bit-equal with unequal losses": (
        identity,
        lambda record: subclassed(record)["steps"][0].update(loss=1.0),
        "styles.subclassed.result.comparison.losses: 0.0; the losses of the steps differ by up to",
    ),
    "bit-equal with a difference": (
        identity,
        lambda record: subclassed(record)["comparison"].update(weights=0.5),
        "styles.subclassed.result.comparison.outcome: 'bit-equal', but the difference is 0.5",
    ),
    "different though equal": (
        identity,
        lambda record: subclassed(record)["comparison"].update(outcome="different"),
        "styles.subclassed.result.comparison.outcome: 'different'; the digests and the proof say 'bit-equal'",
    ),
    "one network against the proof": (
        identity,
        lambda record: subclassed(record)["comparison"].update(
            proof={**studies.PROOF, "verdict": "not one network", "culprit": "`hidden`"}
        ),
        "styles.subclassed.result.comparison.outcome: 'bit-equal'; the digests and the proof say 'different'",
    ),
    "a first difference where there is none": (
        identity,
        lambda record: subclassed(record)["comparison"].update(first_difference=2),
        "styles.subclassed.result.comparison.first_difference: 2; the digests differ nowhere",
    ),
    "no comparison": (
        identity,
        lambda record: subclassed(record).pop("comparison"),
        "styles.subclassed.result.comparison: missing, against functional",
    ),
    "functional against itself": (
        identity,
        lambda record: functional(record).update(comparison=subclassed(record)["comparison"]),
        "styles.functional.result.comparison: there, against functional",
    ),
    "a step less": (
        identity,
        lambda record: subclassed(record)["steps"].pop(),
        "styles.subclassed.result.steps: 1 of them; its protocol says 2",
    ),
    "more parameters than variables": (
        identity,
        lambda record: subclassed(record).update(parameters=7),
        "styles.subclassed.result.parameters: 7; its variables have ",
    ),
    "a style of another probe": (
        learning,
        lambda record: record["styles"].update(slowed=record["styles"]["subclassed"]),
        "styles: 'slowed'; allowed for learning: sequential, functional, subclassed",
    ),
    "a style that was not run": (learning, lambda record: record["order"].pop(), "order: ['functional']; the styles"),
    "no time of this calendar": (
        identity, lambda record: record.update(started="2026-13-45T25:00:00+00:00"), "started: '2026-13-45T25:00:00"
    ),
    "another seed": (identity, lambda record: record.update(seed=7), "seed: 7; its protocol says 101053358"),
    "another twin": (identity, lambda record: record.update(twin="dynamic"), "twin: 'dynamic'; its protocol says"),
    "another environment": (identity, lambda record: record.update(environment="tf"), "environment: 'tf'; its"),
    "more threads": (
        identity, lambda record: record["machine"].update(threads=8), "machine.threads: 8; its protocol says 1"
    ),
    "no number of steps": (
        identity, lambda record: record["protocol"]["probe"].pop("steps"), "protocol.probe.steps: None; allowed"
    ),
    "a round longer than the trial": (
        lambda: other("timing"),
        lambda record: functional(record)["quantities"].update(call=[1e6]),
        "styles.functional.result.quantities.call: 1000000.0 s; the whole trial took 41.5",
    ),
    "a quantity that nobody asked for": (
        lambda: other("timing"),
        lambda record: record["measurement"].update(asked=["call"]),
        "styles.functional.result.quantities.train_step: not among the quantities that this process had to measure",
    ),
    "asked for what was not planned": (
        lambda: other("timing"),
        lambda record: record["protocol"]["probe"].update(quantities=["call"]),
        "measurement.asked: ",
    ),
    "equal graphs of other operations": (
        lambda: other("graph"),
        lambda record: subclassed(record)["functions"]["predict"]["given"]["operations"].update(Cast=1),
        "styles.subclassed.result.functions.predict.given.comparison.outcome: 'equal'; operations and digests say 'oth",
    ),
    "equal graphs of another wiring": (
        lambda: other("graph"),
        lambda record: subclassed(record)["functions"]["predict"]["optimized"].update(wiring="f" * 32),
        "styles.subclassed.result.functions.predict.optimized.comparison.outcome: 'equal'; operations and digests say",
    ),
    "a graph that was not compared": (
        lambda: other("graph"),
        lambda record: subclassed(record)["functions"]["predict"]["optimized"].pop("comparison"),
        "styles.subclassed.result.functions.predict.optimized.comparison: missing, against functional",
    ),
    "equal bits that differ": (
        lambda: other("serialization"),
        lambda record: functional(record)["cells"][0].update(largest=0.5),
        "styles.functional.result.cells.0.bit_equal: true, but the difference is 0.5",
    ),
    "a mean above the largest": (
        lambda: other("exchange"),
        lambda record: subclassed(record)["cells"][0].update(mean=9.0),
        "styles.subclassed.result.cells.0.mean: 9.0; the largest is 0.5",
    ),
}  # fmt: skip


def found(record: Record) -> list[str]:
    return [*foreign(record), *contradictions(record), *shares_of(record, 55_000, 10_000)]


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_record_contradicts_itself(tmp_path: Path, forgery: str) -> None:
    make, forge, words = FORGED[forgery]
    record = make()
    if record["probe"] == "learning":  # The values made up for tables are not shares of 55,000.
        for style in record["styles"].values():
            for epoch in style["result"]["epochs"]:
                epoch["accuracy"] = 0.9
    assert found(record) == []
    forge(record)
    write_record(tmp_path / "record.json", record)
    forged = read_record(tmp_path / "record.json")
    assert any(fault.startswith(words) for fault in found(forged)), found(forged)


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, params: Record) -> Path:
    """The results of a study with one record of learning."""
    monkeypatch.chdir(REPOSITORY)
    params["twins"] = {"dynamic": params["twins"]["dynamic"]}
    params["environments"] = {"tf2.21-cpu": {"probes": ["learning"]}}
    params["learning"] |= {"replicates": 1, "epochs": studies.EPOCHS}
    write_plan(Params.parse(params), tmp_path)
    protocol = json.loads((tmp_path / f"protocols/{CELL}/learning.json").read_text())
    (tmp_path / "data.json").write_text('{"train": {"labels": 60000}, "test": {"labels": 10000}}')
    write_record(tmp_path / f"trials/{CELL}/learning-0.json", learning() | {"protocol": protocol})
    return tmp_path


def forge(study: Path, **accuracy: float) -> Path:
    path = study / f"trials/{CELL}/learning-0.json"
    record = json.loads(path.read_text())
    functional(record).update(accuracy)
    write_record(path, record)
    return path


def test_a_forged_accuracy_reaches_no_table_and_is_found_by_the_check(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_tables(["--results", str(study)]) == 0
    capsys.readouterr()
    metrics = (study / "metrics.json").read_bytes()
    path = forge(study, test_accuracy=0.99955)
    assert make_tables(["--results", str(study)]) == 2
    fault = "styles.functional.result.test_accuracy: 0.99955 is not a share of 10000 images"
    assert capsys.readouterr().err == (
        f"error: {path}: {fault}; it was edited: remove it, and the next run measures this trial again\n"
    )
    assert (study / "metrics.json").read_bytes() == metrics
    with pytest.raises(UserError, match="is not a share of 10000 images"):
        list(read_records(study))
    holds = {one.requirement: one.findings for one in examine(study)}
    assert holds["Every record is complete and unchanged"] == [f"{path}: {fault}"]


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"train": {"labels": "many"}, "test": {"labels": 1}}'])
def test_shares_are_not_checked_if_the_number_of_images_is_unknown(study: Path, content: str | None) -> None:
    path = study / "data.json"
    path.unlink() if content is None else path.write_text(content)
    forge(study, test_accuracy=0.99955)
    assert len(list(read_records(study))) == 1
