"""A change reruns the trials that it concerns, and no others."""

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.base.errors import UserError
from twinproof.environments.variables import SOURCE
from twinproof.pipeline.counting import find_changes, write_plan
from twinproof.study import code
from twinproof.study.code import code_of_module
from twinproof.study.params import Params
from twinproof.study.protocol import make_protocol
from twinproof.study.seed import derive_seed
from twinproof.study.trial import Trial, list_cells, list_trials

ENVIRONMENT = "tf2.21-cpu"
EVERYTHING = {(twin, probe) for twin in ("simple", "dynamic") for probe in ("learning", "identity")}
REPOSITORY = Path(__file__).parents[2]
MODULE = (
    "import {sibling}\n\ndef functional():\n    return {sibling}.width\n\ndef sequential():\n    return functional()\n"
)


@pytest.fixture
def study(project: Path) -> dict[str, Any]:
    """Parameters of the project, whose twin `mine` is a module beside params.yaml that imports its sibling."""
    (project / "mine.py").write_text(MODULE.format(sibling="helper"))
    (project / "helper.py").write_text("width = 8\n")
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["twins"]["mine"] = {"module": "mine"}
    return params


def protocol(params: dict[str, Any], twin: str = "mine", probe: str = "learning") -> dict[str, Any]:
    """Return the protocol that a new process would make."""
    code_of_module.cache_clear()
    return make_protocol(Params.parse(params), ENVIRONMENT, twin, probe)


def written(project: Path) -> list[Path]:
    return sorted(file for file in (project / "results").rglob("*") if file.is_file())


def test_every_environment_twin_probe_and_replicate_is_one_trial(params: dict[str, Any]) -> None:
    params["environments"] = {"a": {"probes": ["identity", "learning"]}, "b": {"probes": ["learning"]}}
    params["twins"] = {"one": {"module": "one"}, "two": {"module": "two"}}
    params["identity"]["replicates"], params["learning"]["replicates"] = 1, 2
    trials = list_trials(Params.parse(params))
    assert len(trials) == len(set(trials)) == 2 * (1 + 2) + 2 * 2
    assert Trial("b", "two", "learning", 1) in trials
    assert len({trial.path for trial in trials}) == len(trials)


def test_a_twin_that_names_its_probes_is_measured_by_no_other(params: dict[str, Any]) -> None:
    params["environments"] = {"a": {"probes": ["identity", "learning"]}}
    params["twins"] = {
        "one": {"module": "one", "probes": ["identity", "timing"]},
        "two": {"module": "two"},
        "three": {"module": "three", "probes": []},
    }
    assert list_cells(Params.parse(params)) == [
        ("a", "one", "identity"),
        ("a", "two", "identity"),
        ("a", "two", "learning"),
    ]
    assert {trial.twin for trial in list_trials(Params.parse(params))} == {"one", "two"}


def test_an_environment_that_names_its_twins_measures_no_other(params: dict[str, Any]) -> None:
    params["environments"] = {"a": {"probes": ["identity"], "twins": ["two"]}, "b": {"probes": ["identity"]}}
    params["twins"] = {"one": {"module": "one"}, "two": {"module": "two"}}
    study = Params.parse(params)
    assert list_cells(study) == [("a", "two", "identity"), ("b", "one", "identity"), ("b", "two", "identity")]
    assert Params.parse(study.content()) == study


def test_the_seed_depends_only_on_study_twin_and_replicate(params: dict[str, Any]) -> None:
    seed = derive_seed(params["seed"], "simple", 0)
    others = {derive_seed(params["seed"], twin, replicate) for twin in ("simple", "dynamic") for replicate in range(50)}
    assert len(others) == 100
    assert derive_seed(params["seed"] + 1, "simple", 0) != seed


def test_a_seed_stays_what_it_was_when_the_records_were_made(params: dict[str, Any]) -> None:
    assert derive_seed(params["seed"], "simple", 0) == 101053358


@pytest.mark.parametrize(
    ("section", "key", "probes"),
    [
        ("learning", "epochs", {"learning"}),
        ("learning", "threads", {"learning"}),
        ("learning", "replicates", set()),
        ("identity", "steps", {"identity"}),
        ("identity", "replicates", set()),
        ("data", "validation", {"learning", "identity"}),
    ],
)
def test_a_parameter_changes_the_protocols_that_depend_on_it(
    study: dict[str, Any], section: str, key: str, probes: set[str]
) -> None:
    former = {probe: protocol(study, probe=probe) for probe in ("learning", "identity")}
    study[section][key] += 1
    assert {probe for probe in former if protocol(study, probe=probe) != former[probe]} == probes


def test_arguments_change_only_the_protocol_of_their_twin(study: dict[str, Any]) -> None:
    former = {twin: protocol(study, twin) for twin in study["twins"]}
    study["twins"]["dynamic"]["arguments"]["depth"] += 1
    assert {twin for twin in former if protocol(study, twin) != former[twin]} == {"dynamic"}


@pytest.mark.parametrize(
    ("file", "matters"),
    [
        ("mine.py", True),
        ("helper.py", True),
        (f"containers/locks/{ENVIRONMENT}.txt", True),
        (f"containers/locks/{ENVIRONMENT}.in", False),
        ("README.md", False),
        ("unused.py", False),
    ],
)
def test_a_change_of_a_file_changes_the_protocol_that_depends_on_it(
    project: Path, study: dict[str, Any], file: str, matters: bool
) -> None:
    former = protocol(study)
    with (project / file).open("a") as opened:
        opened.write("\nCHANGED = True\n" if file.endswith(".py") else "\n# changed\n")
    assert (protocol(study) != former) is matters


def test_a_comment_changes_no_protocol(project: Path, study: dict[str, Any]) -> None:
    former = protocol(study)
    with (project / "mine.py").open("a") as opened:
        opened.write("\n# a comment\n")
    assert protocol(study) == former


@pytest.mark.parametrize(
    ("file", "concerned"),
    [
        ("measured/twins/simple.py", {("simple", "learning"), ("simple", "identity")}),
        ("measured/probes/learning.py", {("simple", "learning"), ("dynamic", "learning")}),
        ("measured/run_trial.py", EVERYTHING),
        ("measured/probes/instances.py", EVERYTHING),
        ("measured/run_batch.py", EVERYTHING),
        ("environments/variables.py", EVERYTHING),
        ("study/examples.py", EVERYTHING),
        ("study/seed.py", EVERYTHING),
        ("proof/course.py", {("simple", "identity"), ("dynamic", "identity")}),
        # Code that only reads, plans, checks or reports changes no number.
        *(
            (file, set())
            for file in ("cli.py", "base/files.py", "study/params.py", "study/record.py", "study/trial.py")
        ),
    ],
)
def test_a_change_of_the_package_concerns_the_trials_that_run_it(
    study: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, concerned: set[tuple[str, str]]
) -> None:
    shutil.copytree(SOURCE / "twinproof", tmp_path / "src" / "twinproof")
    monkeypatch.setattr(code, "SOURCE", tmp_path / "src")
    cells = sorted(EVERYTHING)
    former = {cell: protocol(study, *cell) for cell in cells}
    with (tmp_path / "src" / "twinproof" / file).open("a") as opened:
        opened.write("\nCHANGED = True\n")
    assert {cell for cell in cells if protocol(study, *cell) != former[cell]} == concerned


def test_other_images_change_the_protocol(project: Path, study: dict[str, Any]) -> None:
    former = protocol(study)
    sums = (project / study["data"]["checksums"]).read_text()
    (project / "SUMS").write_text(sums.replace(sums[:64], "0" * 64))
    study["data"]["checksums"] = "SUMS"
    assert protocol(study)["data"] != former["data"]


def test_a_protocol_is_the_same_wherever_the_project_is(project: Path, study: dict[str, Any]) -> None:
    former = protocol(study)
    moved = project.rename(project.with_name("moved"))
    os.chdir(moved)
    assert protocol(study) == former
    assert {"mine.py", "helper.py", "src/twinproof/measured/run_trial.py"} <= set(former["code"])


def test_a_module_in_a_folder_without_init_is_found(project: Path, study: dict[str, Any]) -> None:
    (project / "models").mkdir()
    (project / "models" / "mine.py").write_text(MODULE.format(sibling="helper"))
    study["twins"]["mine"]["module"] = "models.mine"
    assert {"models/mine.py", "helper.py"} <= set(protocol(study)["code"])


def test_writing_the_plan_touches_only_what_changed(project: Path, study: dict[str, Any]) -> None:
    write_plan(Params.parse(study), project / "results")
    files = written(project)
    assert len(files) == 1 + len(list_cells(Params.parse(study)))
    for file in files:
        os.utime(file, (1, 1))
    code_of_module.cache_clear()
    write_plan(Params.parse(study), project / "results")
    assert [file for file in files if file.stat().st_mtime != 1] == []
    study["learning"]["epochs"] += 1
    write_plan(Params.parse(study), project / "results")
    touched = {file.relative_to(project / "results").as_posix() for file in files if file.stat().st_mtime != 1}
    learning = {
        "protocols/" + "/".join(cell) + ".json" for cell in list_cells(Params.parse(study)) if cell[2] == "learning"
    }
    assert len(learning) == 4
    assert touched == {"params.yaml", *learning}


def test_an_error_leaves_the_earlier_plan(project: Path, study: dict[str, Any]) -> None:
    write_plan(Params.parse(study), project / "results")
    former = {file: file.read_bytes() for file in written(project)}
    study["learning"]["epochs"] += 1
    study["twins"]["mine"]["module"] = "none"
    with pytest.raises(UserError):
        write_plan(Params.parse(study), project / "results")
    assert {file: file.read_bytes() for file in written(project)} == former


def test_an_environment_without_a_lock_is_refused_with_the_existing_ones(study: dict[str, Any]) -> None:
    with pytest.raises(UserError, match=rf"tf0 has no lock containers/locks/tf0\.txt; allowed: .*{ENVIRONMENT}"):
        make_protocol(Params.parse(study), "tf0", "mine", "learning")


@pytest.mark.parametrize("module", ["none", "mine.none", "twinproof.measured.twins.none", "json", "numpy"])
def test_a_missing_module_is_refused_with_where_it_must_be(study: dict[str, Any], module: str) -> None:
    study["twins"]["mine"]["module"] = module
    with pytest.raises(UserError, match=rf"twins\.mine\.module: no module {module}; .* next to params\.yaml"):
        protocol(study)


@pytest.mark.parametrize("file", ["mine.py", "helper.py"])
def test_a_syntax_error_is_refused_with_its_file_and_line(project: Path, study: dict[str, Any], file: str) -> None:
    (project / file).write_text("x = 1\ndef functional(:\n")
    with pytest.raises(UserError, match=rf"twins\.mine\.module: .*{file}, line 2: "):
        protocol(study)


def test_a_plan_without_images_is_refused(project: Path, study: dict[str, Any]) -> None:
    study["data"]["directory"] = "none"
    with pytest.raises(UserError, match=r"data\.directory: none has no train-images"):
        write_plan(Params.parse(study), project / "results")
    assert not (project / "results").exists()


@pytest.fixture
def record(project: Path, study: dict[str, Any]) -> Path:
    """A record under the current protocol, as far as that matters here."""
    path = project / "results/trials" / Trial(ENVIRONMENT, "mine", "learning", 0).path
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"protocol": protocol(study)}))
    write_plan(Params.parse(study), project / "results")
    assert path.exists()
    return path


def test_what_counts_is_known_before_anything_is_moved(study: dict[str, Any], project: Path) -> None:
    results, record = project / "results", f"{ENVIRONMENT}/mine/learning-0.json"
    longer = study | {"learning": study["learning"] | {"epochs": 9}}
    place = results / "trials" / record
    place.parent.mkdir(parents=True)
    place.write_text(json.dumps({"protocol": protocol(study)}))
    before = written(project)
    assert (
        find_changes(Params.parse(study), results).counting,
        find_changes(Params.parse(longer), results).counting,
    ) == ({record}, set())
    assert written(project) == before
    write_plan(Params.parse(longer), results)
    assert not place.exists()
    assert (
        find_changes(Params.parse(study), results).counting,
        find_changes(Params.parse(longer), results).counting,
    ) == ({record}, set())
    write_plan(Params.parse(study), results)
    assert place.exists()


def test_a_record_that_was_cut_short_is_set_aside_and_named(
    project: Path, study: dict[str, Any], record: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record.write_text(record.read_text()[:-1])
    write_plan(Params.parse(study), project / "results")
    assert not record.exists()
    assert re.search(rf"{record}: not a record, truncated or edited; set aside as \S+", capsys.readouterr().err)


def test_a_record_that_cannot_be_read_stops_the_plan_and_stays(
    project: Path, study: dict[str, Any], record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def broken(path: Path, *more: Any, **named: Any) -> Any:
        if path == record:
            raise OSError(5, "Input/output error")
        return opened(path, *more, **named)

    monkeypatch.setattr(Path, "open", broken)
    with pytest.raises(UserError, match=rf"{record}: cannot be read \(Input/output error\)"):
        find_changes(Params.parse(study), project / "results")
    assert record.exists()


@pytest.mark.parametrize("file", ["json.py", "keras.py", "yaml/__init__.py", "absl.pyc", "tensorflow/__init__.py"])
def test_a_module_that_hides_one_of_python_or_of_the_lock_is_refused(
    project: Path, study: dict[str, Any], file: str
) -> None:
    path = project / file
    path.parent.mkdir(exist_ok=True)
    path.touch()
    name = file.partition("/")[0]
    with pytest.raises(UserError, match=rf"^{name}: would be imported instead of the module \w+ .*another name$"):
        protocol(study)


def test_a_folder_that_is_not_a_package_hides_nothing(project: Path, study: dict[str, Any]) -> None:
    (project / "json").mkdir()
    (project / "keras").mkdir()
    assert protocol(study)
