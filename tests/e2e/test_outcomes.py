"""Serialization, introspection and pitfalls for real, in the newest and the oldest Keras, then once more in one.

Of a version in between, the pitfalls are tried whose ends are known.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.conftest import ENVIRONMENTS, python_of
from tests.copies import REPOSITORY, commands, fresh_copy, must, run_in
from tests.measured.pitfalls.reports import LETTERS, ORDER, REPORTS
from twinproof.analysis.rows.pitfalls import pitfall_outcome
from twinproof.analysis.words import PitfallOutcome
from twinproof.study.code import list_pitfalls

pytestmark = pytest.mark.outcomes

NEWEST, BETWEEN, OLDEST = ENVIRONMENTS
STUDIED = [NEWEST, OLDEST]
PROBES = ["serialization", "exchange", "introspection", "pitfalls"]
# What serialization and introspection find there is in measured/probes.
IN_OLDEST = ["exchange", "pitfalls"]
TABLES = ["serialization", "ingredients", "exchange", "introspection", "faults", "pitfalls", "claims", "answer", "code"]
# What is tried of the version in between, beside the reports.
TRIED = (
    "conditional/call_without_training", "conditional/dropout_made_in_call", "dynamic/layers_attribute",
    "dynamic/nested_list", "dynamic/private_layers_attribute",
)  # fmt: skip
Ends = dict[str, dict[str, dict[str, Any]]]
# Not the same at a rerun: times, and the size of a SavedModel, which holds random numbers of varying length.
VARYING = re.compile("_seconds$|^bytes$")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that has ended, of three twins in two environments, without learning and timing."""
    folder = fresh_copy(tmp_path_factory.mktemp("outcomes") / "twinproof", *ENVIRONMENTS)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["twins"] = {twin: params["twins"][twin] for twin in ("simple", "dynamic", "conditional")}
    # Serialization takes longest; what concerns all twins is the same for each.
    params["twins"]["simple"]["probes"] = ["identity", "pitfalls"]
    params["twins"]["conditional"]["probes"] = ["identity", "pitfalls"]
    params["environments"] = {NEWEST: {"probes": ["identity", *PROBES]}, OLDEST: {"probes": ["identity", *IN_OLDEST]}}
    params["identity"] |= {"replicates": 1, "steps": 2}
    params["serialization"]["repeats"] = 1
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    must(run_in(folder, "snakemake", "--cores", "2", timeout=3000))
    return folder


def table(study: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(study / f"results/tables/{name}.csv")


@pytest.fixture(scope="module")
def ends(study: Path) -> Ends:
    """How each pitfall ended, by environment and twin/pitfall."""
    found: Ends = {environment: {} for environment in ENVIRONMENTS}
    for row in table(study, "pitfalls").to_dict("records"):
        found[row["environment"]][f"{row['twin']}/{row['pitfall']}"] = row
    reports = {name for it in REPORTS for name in (it.entry, it.counterpart)}
    command = [
        str(python_of(BETWEEN)),
        "-m",
        "twinproof.measured.try_pitfalls",
        "--environment",
        BETWEEN,
        "--params",
        "params.yaml",
    ]
    done = run_in(study, *command, *sorted({*reports, *TRIED}), timeout=1200)
    must(done)
    for cell in json.loads(done.stdout.splitlines()[-1]):
        seen = {**cell, "outcome": pitfall_outcome(cell), "error": str(cell["error"])}
        found[BETWEEN][f"{cell['twin']}/{cell['pitfall']}"] = seen
    return found


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_filled_and_no_outcome_is_empty(study: Path, name: str) -> None:
    found = table(study, name)
    assert len(found)
    for column in {"outcome", "stage", "verdict", "sentence", "lines"} & set(found):
        assert found[column].notna().all()


def test_example_2_as_printed_trains_under_keras_2_and_fails_under_keras_3(ends: Ends) -> None:
    found = {environment: ends[environment]["conditional/dropout_made_in_call"] for environment in ENVIRONMENTS}
    assert [found[environment]["outcome"] for environment in ENVIRONMENTS] == ["error", "error", "as expected"]
    assert {found[environment]["step"] for environment in ENVIRONMENTS[:2]} == {"train"}
    assert all("ValueError" in found[environment]["error"] for environment in ENVIRONMENTS[:2])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_example_3_as_printed_cannot_be_constructed(ends: Ends, environment: str) -> None:
    found = ends[environment]["dynamic/layers_attribute"]
    assert (found["outcome"], found["step"]) == ("error", "construct")
    assert "AttributeError" in found["error"]


@pytest.mark.parametrize(
    ("pitfall", "wrong"),
    [("private_layers_attribute", ENVIRONMENTS[:2]), ("nested_list", ENVIRONMENTS[1:])],
)
def test_layers_that_are_lost_are_silently_wrong_where_they_are(ends: Ends, pitfall: str, wrong: list[str]) -> None:
    found = {environment: ends[environment][f"dynamic/{pitfall}"]["outcome"] for environment in ENVIRONMENTS}
    assert found == {
        environment: "silently wrong" if environment in wrong else "as expected" for environment in ENVIRONMENTS
    }


def test_a_functional_model_is_loaded_without_its_code_and_a_subclass_is_not(study: Path) -> None:
    cells = table(study, "serialization")
    rows = cells[(cells["operation"] == ".keras") & (cells["place"] == "fresh process, no code")]
    found = rows.groupby("style")["outcome"].unique()
    assert [list(found[way]) for way in ("functional", "subclassed", "naive")] == [
        ["equal"],
        ["load fails"],
        ["load fails"],
    ]


def test_every_environment_reads_what_every_one_wrote(study: Path) -> None:
    cells = table(study, "exchange")
    assert len(cells.groupby(["environment", "writer", "style", "format"])) == len(cells) == 2 * 2 * 3 * 4
    own = cells[(cells["environment"] == cells["writer"]) & (cells["style"] == "functional")]
    assert set(own["outcome"]) == {"equal"}
    weights = cells[cells["format"] == ".weights.h5, built"]
    assert set(weights["outcome"]) <= {"equal", "close", "load fails"}


def test_the_notebooks_and_the_report_show_it(study: Path) -> None:
    page = (study / "results/report/index.html").read_text()
    # In the matrix of the pitfalls: here and there silently wrong, with what was seen.
    assert re.search(
        r"Layers in a list within a list.*?<td class=\"bad\"><a [^>]*title=\"outputs differ by", page, re.DOTALL
    )
    assert re.search(r"C11\. .*?<strong[^>]*>refuted</strong>", page, re.DOTALL)
    for notebook in (f"{NEWEST}/dynamic/serialization", f"{NEWEST}/dynamic/pitfalls", f"{OLDEST}/dynamic/pitfalls"):
        assert (study / f"results/notebooks/{notebook}.html").exists()


def test_the_answer_is_printed_with_its_evidence(study: Path) -> None:
    printed = must(run_in(study, "twinproof", "answer"))
    assert "(serialization)" in printed
    assert re.search(r"^C11 +refuted", printed, re.M)


def test_the_command_of_the_guide_finds_it_done(study: Path) -> None:
    printed = must(run_in(study, *commands(REPOSITORY / "docs/serialization.md").split()))
    assert "Nothing to be done" in printed


def test_the_command_of_the_guide_tries_a_pitfall_and_sees_what_the_study_saw(study: Path, ends: Ends) -> None:
    before = sorted((study / "results").rglob("*.json"))
    printed = must(run_in(study, *commands(REPOSITORY / "docs/pitfalls.md").split()))
    for environment in STUDIED:
        found = ends[environment]["dynamic/nested_list"]
        assert re.search(rf"^ +{environment} +{found['outcome']} +{re.escape(found['what'])}$", printed, re.M)
    assert sorted((study / "results").rglob("*.json")) == before


def test_a_call_without_training_has_no_dropout_in_keras_3(ends: Ends) -> None:
    found = [ends[environment]["conditional/call_without_training"]["outcome"] for environment in ENVIRONMENTS]
    assert found == ["silently wrong", "silently wrong", "as expected"]


def test_a_constructor_argument_without_a_config_is_an_error_at_save_in_the_newest_keras(ends: Ends) -> None:
    found = ends[NEWEST]["dynamic/argument_without_config"]
    assert (found["outcome"], found["step"]) == ("error", "save")
    assert "NotImplementedError" in found["error"]
    assert ends[OLDEST]["dynamic/argument_without_config"]["outcome"] == "as expected"


def test_every_control_works_or_says_why_it_cannot(study: Path) -> None:
    rows = table(study, "pitfalls")
    assert len(rows) == len(STUDIED) * len(list_pitfalls())
    assert not rows["outcome"].eq(PitfallOutcome.CONTROL_FAILED).any()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_public_reports_end_as_they_are_known_to(ends: Ends, environment: str) -> None:
    place = ORDER.index(environment)
    known = {name: letters[place] for it in REPORTS for name, letters in (it[:2], it[2:])}
    assert {name: LETTERS.get(ends[environment][name]["outcome"]) for name in known} == known


def test_a_rerun_gives_the_same_outcomes_cell_by_cell(study: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    # The package has a folder of that name, too.
    left_out = str(study / "results")
    shutil.copytree(study, again, symlinks=True, ignore=lambda at, _: {"environments"} if at == left_out else set())
    (again / "results/environments").symlink_to(study / "results/environments")
    for path in found_in(again):
        path.unlink()
    must(run_in(again, "snakemake", "--cores", "2", "trials", timeout=1500))
    assert outcomes(again) == outcomes(study)


def outcomes(study: Path) -> dict[str, Any]:
    """Return what was found in one environment, by record, without what varies."""
    return {
        str(path.relative_to(study)): without_varying(json.loads(path.read_text())["styles"])
        for path in found_in(study)
    }


def found_in(study: Path) -> list[Path]:
    """Return the records to compare: what these two probes find of one twin each says enough.

    That of exchange is compared in tests/faults, and what serialization finds is known (measured/probes).
    """
    trials = study / "results/trials/tf2.21-cpu"
    return [trials / "dynamic/introspection-0.json", trials / "conditional/pitfalls-0.json"]


def without_varying(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_varying(inner) for key, inner in value.items() if not VARYING.search(key)}
    return [without_varying(inner) for inner in value] if isinstance(value, list) else value
