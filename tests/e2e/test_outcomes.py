"""Serialization, exchange, introspection and pitfalls in three releases of Keras, from published and new records.

The study starts from the records of the published study, as a user's does. A record counts if its protocol is that of
the current code; a change of the code, the locks or the parameters measures again what it concerns. Some are always
measured again, and must match the published ones.
"""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.conftest import ENVIRONMENTS
from tests.copies import REPOSITORY, commands, fresh_copy, must, run_in
from tests.measured.pitfalls.reports import LETTERS, ORDER, REPORTS
from twinproof.analysis.words import PitfallOutcome
from twinproof.study.code import list_pitfalls

pytestmark = pytest.mark.outcomes

NEWEST, BETWEEN, OLDEST = ENVIRONMENTS
TWINS = ("simple", "conditional", "dynamic")
PROBES = ["serialization", "exchange", "introspection", "pitfalls"]
# Serialization and introspection in the oldest environment are tested in measured/probes.
ELSEWHERE = ["exchange", "pitfalls"]
TABLES = ["serialization", "ingredients", "exchange", "introspection", "faults", "pitfalls", "claims", "answer", "code"]
Ends = dict[str, dict[str, dict[str, Any]]]
# Measured again. Serialization takes longest and is measured in measured/probes; exchange is compared in tests/faults.
AGAIN = (f"{NEWEST}/dynamic/introspection", f"{NEWEST}/conditional/pitfalls", f"{OLDEST}/conditional/pitfalls")
# What differs in a rerun: times, and the size of a SavedModel, which contains random numbers of varying length.
VARYING = re.compile("_seconds$|^bytes$")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished study of three twins in three environments, without learning and timing."""
    folder = fresh_copy(tmp_path_factory.mktemp("outcomes") / "twinproof", *ENVIRONMENTS)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["twins"] = {twin: params["twins"][twin] for twin in TWINS}
    # Results that concern all twins are the same for each.
    params["twins"]["simple"]["probes"] = ["identity", "pitfalls"]
    params["twins"]["conditional"]["probes"] = ["pitfalls"]
    params["twins"]["dynamic"]["probes"] = PROBES
    params["environments"] = {
        NEWEST: {"probes": ["identity", *PROBES]},
        BETWEEN: {"probes": ["identity", *ELSEWHERE]},
        OLDEST: {"probes": ["identity", *ELSEWHERE]},
    }
    params["identity"] |= {"replicates": 1, "steps": 2}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    with zipfile.ZipFile(folder / "published/evidence.zip") as published:
        wanted = re.compile(rf"results/trials/.*/({'|'.join(PROBES)})-0.json")
        published.extractall(folder, filter(wanted.fullmatch, published.namelist()))
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
def test_lost_layers_are_silently_wrong_in_the_affected_environments(
    ends: Ends, pitfall: str, wrong: list[str]
) -> None:
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


def test_every_environment_reads_the_files_of_every_environment(study: Path) -> None:
    cells = table(study, "exchange")
    assert len(cells.groupby(["environment", "writer", "style", "format"])) == len(cells) == 3 * 3 * 3 * 4
    own = cells[(cells["environment"] == cells["writer"]) & (cells["style"] == "functional")]
    assert set(own["outcome"]) == {"equal"}
    weights = cells[cells["format"] == ".weights.h5, built"]
    assert set(weights["outcome"]) <= {"equal", "close", "load fails"}


def test_the_notebooks_and_the_report_show_it(study: Path) -> None:
    page = (study / "results/report/index.html").read_text()
    # The matrix of the pitfalls shows where they are silently wrong, with what was seen.
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


def test_the_command_of_the_guide_has_nothing_to_do(study: Path) -> None:
    printed = must(run_in(study, *commands(REPOSITORY / "docs/serialization.md").split()))
    assert "Nothing to be done" in printed


def test_the_command_of_the_guide_tries_a_pitfall_and_sees_what_the_study_saw(study: Path, ends: Ends) -> None:
    before = sorted((study / "results").rglob("*.json"))
    printed = must(run_in(study, *commands(REPOSITORY / "docs/pitfalls.md").split()))
    for environment in ENVIRONMENTS:
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
    assert len(rows) == len(ENVIRONMENTS) * len(list_pitfalls())
    assert not rows["outcome"].eq(PitfallOutcome.CONTROL_FAILED).any()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_public_reports_have_their_known_outcomes(ends: Ends, environment: str) -> None:
    place = ORDER.index(environment)
    known = {name: letters[place] for it in REPORTS for name, letters in (it[:2], it[2:])}
    assert {name: LETTERS.get(ends[environment][name]["outcome"]) for name in known} == known


def test_a_rerun_gives_the_same_outcomes_cell_by_cell(study: Path) -> None:
    before = {name: outcomes(study, name) for name in AGAIN}
    for name in AGAIN:
        record_of(study, name).unlink()
    must(run_in(study, "snakemake", "--cores", "2", "trials", timeout=1500))
    assert {name: outcomes(study, name) for name in AGAIN} == before


def record_of(study: Path, name: str) -> Path:
    return study / f"results/trials/{name}-0.json"


def outcomes(study: Path, name: str) -> Any:
    """Return the results of a record, without what varies."""
    return without_varying(json.loads(record_of(study, name).read_text())["styles"])


def without_varying(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_varying(inner) for key, inner in value.items() if not VARYING.search(key)}
    return [without_varying(inner) for inner in value] if isinstance(value, list) else value
