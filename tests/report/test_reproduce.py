"""A study compared with a version of it: what agrees, what contradicts, and what cannot be compared."""

import copy
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from twinproof.analysis.tables import Rows, make_tables
from twinproof.analysis.words import Agreement, Level
from twinproof.base.errors import UserError
from twinproof.study.params import Params
from twinproof.versions.badge import confirming, draw
from twinproof.versions.compare import compare
from twinproof.versions.find import Study
from twinproof.versions.receipt import _validator, as_receipt, as_text
from twinproof.versions.reproduce import Finding, Part, Reproduction, reproduce

from .studies import ENVIRONMENT, EXAMINED, OLDER, Records, whole_study

Change = Callable[[Records], None]


@pytest.fixture(scope="module")
def made(whole: tuple[Records, dict[str, Any]]) -> Study:
    return study_of(*whole)


@pytest.fixture(scope="module")
def measured_again(whole: tuple[Records, dict[str, Any]]) -> Study:
    return study_of(*whole, "here")


@pytest.fixture(scope="module")
def whole() -> tuple[Records, dict[str, Any]]:
    import yaml

    from tests.conftest import REPOSITORY

    return whole_study(yaml.safe_load((REPOSITORY / "params.yaml").read_text()))


def study_of(records: Records, params: dict[str, Any], name: str = "v-a") -> Study:
    """Return the study of records; with another name, it was measured again."""
    if name != "v-a":
        records = {path: record | {"digest": "d2" * 32} for path, record in records.items()}
    tables = make_tables(Rows(records), Params.parse(params), EXAMINED)
    version = {
        "commit": "c0ffee", "environments": list(params["environments"]), "digests": {"tables": "7a" * 32},
        "made_from": {"code": "1", "data": "2"},
    }  # fmt: skip
    return Study(name, version, Params.parse(params), tables)


@pytest.fixture
def again(whole: tuple[Records, dict[str, Any]], made: Study) -> Callable[[Change], Reproduction]:
    """Compare the study with itself after its records were changed."""

    def hold(change: Change) -> Reproduction:
        records = copy.deepcopy(whole[0])
        change(records)
        return reproduce(made, study_of(records, whole[1], "here"))

    return hold


def learned(records: Records, replicate: int, style: str = "functional") -> dict[str, Any]:
    result: dict[str, Any] = records[f"trials/{ENVIRONMENT}/dynamic/learning-{replicate}.json"]["styles"][style][
        "result"
    ]
    return result


def unlike(found: Reproduction, part: Part) -> list[Finding]:
    return [finding for finding in found.unlike() if finding.part == part]


def on(processor: str, lock: str | None = None) -> Change:
    """Make all records come from another processor, and perhaps from other packages, so that all digests differ."""

    def change(records: Records) -> None:
        for record in records.values():
            record["machine"] |= {"host": "elsewhere", "processor": processor}
            if lock:
                record["protocol"] = record["protocol"] | {"lock": lock}
            for found in record["styles"].values():
                if record["probe"] == "learning" and found["status"] == "ok":
                    found["result"]["weights"] = "e" + found["result"]["weights"][1:]

    return change


def test_the_same_study_is_reproduced_to_the_last_bit(again, made: Study) -> None:
    found = again(lambda records: None)
    assert found.level == Level.REPRODUCED
    assert found.unlike() == [] and found.untried == [] and found.parameters == []
    claims, outcomes = len(made.tables["claims"]), found.compared(Part.OUTCOMES)
    assert outcomes > 250
    # The decided verdicts of simple and dynamic are slower, equivalent twice, and faster, for three styles.
    assert found.line == (
        f"REPRODUCED: {claims} of {claims} claims; {outcomes:,} of {outcomes:,} outcomes equal; "
        f"12 of 12 accuracies agree; {found.compared(Part.TIMING)} of {found.compared(Part.TIMING)} timing verdicts "
        "agree, 0 contradict"
    )
    assert as_text(found).splitlines()[0] == found.line
    assert {finding.agreement for finding in found.findings if finding.part == Part.BITS} == {Agreement.AGREES}


def test_on_another_processor_digests_are_not_compared_and_everything_else_is(again) -> None:
    found = again(on("Another CPU"))
    assert found.level == Level.REPRODUCED
    bits = [finding for finding in found.findings if finding.part == Part.BITS]
    assert {finding.agreement for finding in bits} == {Agreement.NOT_COMPARABLE}
    assert {finding.cause for finding in bits} == {"another processor: Made-up CPU against Another CPU"}
    assert "not comparable (another processor: Made-up CPU against Another CPU)" in as_text(found)
    assert found.compared(Part.OUTCOMES) > 250 and not unlike(found, Part.OUTCOMES)


def test_another_lock_is_named_by_its_libraries(again) -> None:
    def upgraded(records: Records) -> None:
        on("Made-up CPU", "cd" * 32)(records)
        for record in records.values():
            record["software"] = record["software"] | {"keras": "3.11"}

    found = again(upgraded)
    causes = {finding.cause for finding in found.findings if finding.part == Part.BITS}
    assert causes == {"another lock: Keras 3.10, TensorFlow 2.21.0 against Keras 3.11, TensorFlow 2.21.0"}


def test_altered_weights_are_found_where_the_same_bits_are_expected(again) -> None:
    found = again(lambda records: learned(records, 1).update(weights="9" * 64))
    [altered] = [finding for finding in found.unlike() if finding.what == "weights"]
    assert (altered.part, altered.agreement, altered.cause) == (Part.BITS, Agreement.DIFFERS, "")
    assert altered.where == f"{ENVIRONMENT} dynamic 1 functional"
    assert "no cause is known: lock, kind of processor and seed are the same" in as_text(found)
    assert found.level != Level.REPRODUCED


def test_an_altered_outcome_contradicts(again) -> None:
    def alter(records: Records) -> None:
        record = records[f"trials/{ENVIRONMENT}/dynamic/serialization-0.json"]
        cells = record["styles"]["functional"]["result"]["cells"]
        cells[0] = cells[0] | {"bit_equal": False, "largest": 0.7}

    found = again(alter)
    [outcome] = unlike(found, Part.OUTCOMES)
    assert (outcome.version, outcome.here) == ("equal", "silently wrong")
    assert outcome.agreement == Agreement.CONTRADICTS
    assert outcome.where == f"{ENVIRONMENT} dynamic 0 functional .keras fresh process, no code"
    compared = found.compared(Part.OUTCOMES)
    assert f"{compared - 1:,} of {compared:,} outcomes equal" in found.line
    # The claims do not change.
    assert found.level == Level.IN_PART


def test_close_instead_of_equal_on_another_processor_is_reproduced(again) -> None:
    def rounded(records: Records) -> None:
        on("Another CPU")(records)
        record = records[f"trials/{ENVIRONMENT}/dynamic/serialization-0.json"]
        cells = record["styles"]["functional"]["result"]["cells"]
        cells[0] = cells[0] | {"bit_equal": False, "largest": 1e-8}

    found = again(rounded)
    [outcome] = unlike(found, Part.OUTCOMES)
    assert (outcome.here, outcome.agreement) == ("close", Agreement.DIFFERS)
    assert outcome.cause == "another processor: Made-up CPU against Another CPU"
    assert found.level == Level.REPRODUCED


def test_a_contradicted_claim_is_not_reproduced(made: Study, measured_again: Study) -> None:
    for verdict, agreement, level in (
        ("refuted", Agreement.CONTRADICTS, Level.NOT),
        ("mixed", Agreement.DIFFERS, Level.IN_PART),
        ("inconclusive", Agreement.UNDECIDED, Level.IN_PART),
    ):
        old, new = (study._replace(tables={**study.tables}) for study in (made, measured_again))
        for study, judged in ((old, "supported"), (new, verdict)):
            study.tables["claims"] = study.tables["claims"].copy()
            study.tables["claims"].loc[3, "verdict"] = judged
        found = reproduce(old, new)
        [claim] = unlike(found, Part.CLAIMS)
        assert (claim.where, claim.agreement, found.level) == ("C4", agreement, level)
        assert found.line.startswith(f"{str(level).upper()}: 11 of 12 claims; ")


def test_a_study_whose_equal_styles_now_differ_is_not_reproduced(again) -> None:
    def part_ways(records: Records) -> None:
        on("Another CPU")(records)
        records[f"trials/{ENVIRONMENT}/simple/learning-0.json"]["styles"]["subclassed"]["result"]["weights"] = "9" * 64

    found = again(part_ways)
    contradicting = [finding for finding in found.unlike() if finding.agreement == Agreement.CONTRADICTS]
    assert [(finding.table, finding.what) for finding in contradicting] == [("learning", "bit_equal")]
    assert found.level == Level.NOT


@pytest.mark.parametrize(
    ("worse", "agreement", "level"),
    [
        ((0.010, 0.011, 0.012), Agreement.CONTRADICTS, Level.NOT),
        ((0.002, 0.001, 0.003), Agreement.AGREES, Level.REPRODUCED),
    ],
)
def test_a_worse_accuracy_is_distinguished_from_one_within_the_interval(again, worse, agreement, level) -> None:
    def change(records: Records) -> None:
        on("Another CPU")(records)
        for replicate, less in enumerate(worse):
            learned(records, replicate)["test_accuracy"] -= less

    found = again(change)
    [accuracy] = [
        finding
        for finding in found.findings
        if finding.part == Part.LEARNED and finding.where == f"{ENVIRONMENT} dynamic functional"
    ]
    assert accuracy.agreement == agreement
    assert found.level == level


def test_a_network_that_does_not_classify_is_compared_by_its_loss(whole) -> None:
    def regress(factor: float, name: str = "v-a") -> Study:
        records = copy.deepcopy(whole[0])
        for path, record in records.items():
            if "dynamic/learning" in path:
                for found in record["styles"].values():
                    found["result"]["test_accuracy"] = None
                    found["result"]["test_loss"] *= factor * (1 + record["replicate"] / 100)
        return study_of(records, whole[1], name)

    found = reproduce(regress(1), regress(2, "here"))
    losses = {finding.what: finding for finding in unlike(found, Part.LEARNED)}
    assert set(losses) == {"test_loss"}
    assert losses["test_loss"].agreement == Agreement.CONTRADICTS
    assert reproduce(regress(1), regress(1, "here")).level == Level.REPRODUCED
    cells = [cell for cell in compare(regress(1), regress(2)).cells if cell.part == "accuracy"]
    assert {cell.what: cell.outcome for cell in cells} == {"test_accuracy": "same", "test_loss": "changed"}


def slower(factor: float, spread: float = 1) -> Change:
    """Multiply subclassed's training step times in dynamic by `factor`, and in half of the processes by `spread`."""

    def change(records: Records) -> None:
        for path, record in records.items():
            if "dynamic/timing" in path:
                quantities = record["styles"]["subclassed"]["result"]["quantities"]
                more = factor * (spread if record["replicate"] % 2 else 1)
                quantities["train_step"] = [more * seconds for seconds in quantities["train_step"]]

    return change


@pytest.mark.parametrize(
    ("factor", "spread", "agreement"),
    [
        (1.0, 1.0, Agreement.AGREES),
        (1.3, 1.0, Agreement.AGREES),  # a different ratio, the same verdict
        (1 / 1.44, 1.0, Agreement.CONTRADICTS),  # slower before, faster now
        (1 / 1.2, 1.0, Agreement.CONTRADICTS),  # equivalent: the ratio before is far beyond the margin
        (1 / 1.35, 1.35, Agreement.UNDECIDED),
    ],
)
def test_verdicts_on_times_are_compared_and_not_seconds(again, factor, spread, agreement) -> None:
    found = again(slower(factor, spread))
    where = f"{ENVIRONMENT} dynamic subclassed"
    [timing] = [f for f in found.findings if (f.part, f.where, f.what) == (Part.TIMING, where, "train_step")]
    assert timing.version and timing.version.startswith("slower, 1.199 ")
    assert timing.agreement == agreement
    contradict = int(agreement == Agreement.CONTRADICTS)
    assert found.line.endswith(f"agree, {contradict} contradict")
    assert found.level == (Level.IN_PART if contradict else Level.REPRODUCED)


def test_a_missing_environment_and_a_missing_probe_are_listed_and_contradict_nothing(again) -> None:
    def less(records: Records) -> None:
        for path in [*records]:
            if OLDER in path or "dynamic/pitfalls" in path or "simple/learning-1" in path:
                del records[path]

    found = again(less)
    assert found.untried == [
        OLDER,
        f"pitfalls of dynamic in {ENVIRONMENT}",
        f"learning 1 of simple in {ENVIRONMENT}",
    ]
    assert found.level == Level.IN_PART
    assert not unlike(found, Part.OUTCOMES)
    assert f"not measured here: {OLDER}, " in as_text(found)


def test_studies_with_nothing_in_common_are_refused(whole, made: Study) -> None:
    records = {path: record for path, record in whole[0].items() if OLDER in path}
    others = {path: record for path, record in whole[0].items() if OLDER not in path}
    with pytest.raises(UserError, match=f"no trial in common; v-a has {OLDER}"):
        params = whole[1] | {"environments": {OLDER: whole[1]["environments"][OLDER]}}
        reproduce(study_of(records, params), study_of(others, whole[1], "here"))


def test_a_versions_own_records_reproduce_nothing(whole, made: Study) -> None:
    with pytest.raises(UserError, match="its records are those of v-a itself, so nothing was measured again"):
        reproduce(made, made._replace(name="here"))
    records = {path: record | {"digest": f"{'timing' in path}"} for path, record in whole[0].items()}
    records |= {path: record for path, record in whole[0].items() if "pitfalls" in path}
    found = reproduce(made, study_of(records, whole[1]))
    assert found.untried == ["4 trials whose record is the version's own"]
    assert found.level == Level.IN_PART


def test_other_parameters_are_named_and_what_was_learned_with_them_is_not_compared(whole, made: Study) -> None:
    params = copy.deepcopy(whole[1])
    params["learning"]["epochs"] = 1
    found = reproduce(made, study_of(whole[0], params, "here"))
    assert found.parameters == [f"learning.epochs: {whole[1]['learning']['epochs']} in v-a, 1 here"]
    learned = [finding for finding in found.findings if finding.part == Part.LEARNED]
    assert {finding.agreement for finding in learned} == {Agreement.NOT_COMPARABLE}
    assert found.level == Level.IN_PART


def test_results_that_are_not_evidence_reproduce_nothing(made: Study, measured_again: Study) -> None:
    found = reproduce(made, measured_again, ["results/trials/x.json: edited since it was written"])
    assert found.level == Level.NOT
    assert as_text(found).splitlines()[1] == "no evidence: results/trials/x.json: edited since it was written"


def test_the_receipt_matches_its_schema_and_names_no_machine(again) -> None:
    found = again(on("Another CPU", "cd" * 32))
    receipt = as_receipt(found)
    jsonschema.validate(receipt, _validator().schema)
    assert receipt["level"] == "reproduced" and receipt["line"] == found.line
    assert [one["processor"] for one in receipt["here"]["machines"]] == ["Another CPU"]
    assert "elsewhere" not in str(receipt) and "node7" not in str(receipt)


def test_the_badge_counts_other_machines_that_reproduced_this_version(again) -> None:
    one, other = (as_receipt(again(on(processor))) for processor in ("A CPU", "B CPU"))
    same = as_receipt(again(lambda records: None))
    in_part: Any = copy.deepcopy(other) | {"level": "reproduced in part"}
    assert confirming([same], "7a" * 32) == set()
    assert len(confirming([same, one, one, other], "7a" * 32)) == 2
    assert len(confirming([one, in_part], "7a" * 32)) == 1
    assert confirming([one], "another version") == set()
    assert "confirmed on 1 machine<" in draw(1) and "not yet confirmed" in draw(0)


def test_compare_does_not_call_another_processor_a_change(again, made: Study) -> None:
    cells = compare(made, again(on("Another CPU")).here).cells
    weights = [cell for cell in cells if (cell.part, cell.what) == ("learning", "weights") and cell.old]
    assert {cell.outcome for cell in weights} == {"not comparable"}
    assert weights[0].note == "another processor: Made-up CPU against Another CPU"
    assert not [cell for cell in cells if cell.outcome == "changed"]
