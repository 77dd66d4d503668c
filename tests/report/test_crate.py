"""The research crate: its content, its description, and what prevents it from being made."""

import hashlib
import json
import os
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.analysis.columns import COLUMNS
from twinproof.crate.__main__ import main
from twinproof.crate.citation import Author, read_citation
from twinproof.pipeline.counting import write_plan
from twinproof.study.params import Params, read_params
from twinproof.study.record import write_record
from twinproof.study.seed import derive_seed
from twinproof.study.trial import list_trials

from .studies import ENVIRONMENT, EPOCHS, make_learning

REPOSITORY = Path(__file__).parents[2]
GOLDEN = json.loads((REPOSITORY / "tests/golden/record-5.json").read_text())
RECORD = f"results/trials/{ENVIRONMENT}/dynamic/learning-1.json"
LOCK = f"containers/locks/{ENVIRONMENT}.txt"
STYLES = {"identity": GOLDEN["styles"], "learning": make_learning("dynamic", 0)}
Change = Callable[[dict[str, Any]], None]


def make_study(folder: Path, change: Change = lambda params: None, results: Path = Path("results")) -> Path:
    """Make a repository with the records and results of one twin, and return the results."""
    for name in ("Snakefile", "workflow", "src", "docs"):
        (folder / name).symlink_to(REPOSITORY / name)
    for name in ("CITATION.cff", "README.md", "LICENSE", "containers/build"):
        shutil.copy(REPOSITORY / name, folder / name)
    params = read_params(folder / "params.yaml").content()
    params["twins"] = {"dynamic": params["twins"]["dynamic"]}
    params["identity"] |= {"replicates": 1, "steps": 2}
    params["learning"] |= {"replicates": 2, "epochs": EPOCHS}
    change(params)
    write_plan(Params.parse(params), results)
    for minute, trial in enumerate(list_trials(Params.parse(params))):
        styles = STYLES[trial.probe]
        seed = derive_seed(params["seed"], trial.twin, trial.replicate)
        record = GOLDEN | trial._asdict() | {"seed": seed, "order": list(styles), "styles": styles}
        record["protocol"] = json.loads(
            (results / f"protocols/{Path(trial.path).parent}/{trial.probe}.json").read_text()
        )
        record |= {"started": f"2026-11-23T10:{minute:02}:00+00:00", "seconds": 20.5 if minute else 200.2}
        write_record(results / "trials" / trial.path, record)
    cell = f"notebooks/{ENVIRONMENT}/{next(iter(params['twins']))}/learning"
    tables = [f"tables/{table}.csv" for table in COLUMNS]
    for name in [
        *tables,
        "data.json",
        "metrics.json",
        "version.json",
        "report/index.html",
        f"{cell}.html",
        f"{cell}.ipynb",
        *(f"made/{made}.done" for made in ("tables", "report", "version", cell)),
    ]:
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text("" if name.startswith("made/") else name)
    return results


@pytest.fixture
def results(project: Path) -> Path:
    return make_study(project)


def make(results: Path) -> zipfile.ZipFile:
    assert main(["--results", str(results), "--output", str(results / "crate.zip")]) == 0
    return zipfile.ZipFile(results / "crate.zip")


def entities(crate: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    return {entity["@id"]: entity for entity in json.loads(crate.read("ro-crate-metadata.json"))["@graph"]}


def differing(folder: Path) -> set[str]:
    """Return the files of an unpacked crate that are not what its metadata says."""
    told = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    digests = {entity["@id"]: entity["sha256"] for entity in told if "File" in entity["@type"]}
    return {
        name
        for name, digest in digests.items()
        if not (folder / name).exists() or hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest
    }


def sums(folder: Path) -> str:
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert (done.returncode == 0) == (done.stdout == "")
    return done.stdout


def test_crate_holds_the_workflow_what_went_in_and_what_came_out(results: Path) -> None:
    held = set(make(results).namelist())
    assert {
        "Snakefile",
        "workflow/Snakefile",
        "src/twinproof/measured/run_trial.py",
        LOCK,
        "docs/tables.md",
        "LICENSE",
    } < held
    assert {"data/mnist/train-images-idx3-ubyte.gz", "data/mnist/README.md", "results/params.yaml"} < held
    assert {RECORD, "results/tables/answer.csv", "results/metrics.json", "results/report/index.html"} < held
    assert {f"results/notebooks/{ENVIRONMENT}/dynamic/learning.{kind}" for kind in ("html", "ipynb")} < held
    assert not [name for name in held if "__pycache__" in name]


def test_every_file_is_an_entity_with_digest_size_and_format(results: Path) -> None:
    crate = make(results)
    files = {name: entity for name, entity in entities(crate).items() if "File" in entity["@type"]}
    assert files.keys() == set(crate.namelist()) - {"ro-crate-metadata.json"}
    for name, entity in files.items():
        assert entity["sha256"] == hashlib.sha256(crate.read(name)).hexdigest()
        assert entity["contentSize"] == str(len(crate.read(name)))
        assert "/" in entity["encodingFormat"]


def test_missing_record_and_changed_byte_are_noticed_by_both_lists_of_digests(results: Path, tmp_path: Path) -> None:
    crate, unpacked = make(results), tmp_path / "unpacked"
    crate.extractall(unpacked)
    assert (differing(unpacked), sums(unpacked)) == (set(), "")

    content = bytearray((unpacked / LOCK).read_bytes())
    content[100] ^= 1
    (unpacked / LOCK).write_bytes(content)
    (unpacked / RECORD).unlink()
    assert differing(unpacked) == {LOCK, RECORD}
    assert {line.split(":")[0] for line in sums(unpacked).splitlines()} == {LOCK, RECORD}


def test_same_study_makes_the_same_bytes(results: Path) -> None:
    make(results)
    before = (results / "crate.zip").read_bytes()
    for path in results.rglob("*"):
        os.utime(path)
    make(results)
    assert (results / "crate.zip").read_bytes() == before


def test_files_have_the_date_of_the_run_and_programs_stay_programs(results: Path) -> None:
    infos = {info.filename: info for info in make(results).infolist()}
    # The first trial took longest.
    assert {info.date_time for info in infos.values()} == {(2026, 11, 23, 10, 3, 20)}
    modes = {name: stat.filemode(infos[name].external_attr >> 16) for name in ("containers/build", "Snakefile")}
    assert modes == {"containers/build": "-rwxr-xr-x", "Snakefile": "-rw-r--r--"}


def test_run_is_of_the_workflow_and_lasts_from_the_first_trial_to_the_last(results: Path) -> None:
    told = entities(make(results))
    run = told["#run"]
    assert told["./"]["mainEntity"] == run["instrument"] == {"@id": "Snakefile"}
    assert told["./"]["mentions"] == {"@id": "#run"}
    assert (run["startTime"], run["endTime"]) == ("2026-11-23T10:00:00+00:00", "2026-11-23T10:03:20+00:00")
    assert told["./"]["datePublished"] == run["endTime"]
    assert "3 trials in tf2.21-cpu" in run["description"]
    assert GOLDEN["commit"] in run["description"]
    objects, outcome = ([each["@id"] for each in run[key]] for key in ("object", "result"))
    assert objects[:3] == ["data/mnist/", "containers/locks/", "results/params.yaml"]
    assert outcome == [
        *(f"results/{folder}/" for folder in ("trials", "tables", "notebooks")),
        *("results/metrics.json", "results/report/index.html"),
    ]
    language = told[told["Snakefile"]["programmingLanguage"]["@id"]]
    assert language["name"] == "Snakemake"
    assert language["version"].startswith("9.")


def test_every_input_and_output_is_the_value_of_a_formal_parameter(results: Path) -> None:
    told = entities(make(results))
    for key, parameters in {"object": "input", "result": "output"}.items():
        values = {each["@id"] for each in told["#run"][key]}
        formal = {each["@id"] for each in told["Snakefile"][parameters]}
        assert {told[value]["exampleOfWork"]["@id"] for value in values} == formal
        assert {told[parameter]["workExample"]["@id"] for parameter in formal} == values
    epochs = told["#value/learning.epochs"]
    assert (epochs["name"], epochs["value"]) == ("learning.epochs", EPOCHS)
    assert told["#input/learning.epochs"]["additionalType"] == "Integer"
    assert told[f"#value/environments.{ENVIRONMENT}.probes"]["value"] == '["identity", "learning"]'


def test_environment_names_its_versions(results: Path) -> None:
    lock = entities(make(results))[LOCK]
    assert lock["name"] == ENVIRONMENT
    assert lock["description"] == "Python 3.11.7, Keras 3.15.1, TensorFlow 2.21.0"


def test_images_have_their_own_licence(results: Path) -> None:
    told = entities(make(results))
    assert told["./"]["license"] == {"@id": "https://spdx.org/licenses/Apache-2.0"}
    for name in ("data/mnist/", "data/mnist/train-images-idx3-ubyte.gz"):
        assert told[name]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-SA-3.0"}


def test_licence_of_other_images_is_not_claimed_and_files_from_elsewhere_have_a_place(
    project: Path, tmp_path: Path
) -> None:
    shutil.copytree(REPOSITORY / "data/mnist", tmp_path / "fashion")

    def elsewhere(params: dict[str, Any]) -> None:
        directory = tmp_path / "fashion"
        params["data"] |= {"directory": str(directory), "checksums": str(directory / "SHA256SUMS")}

    crate = make(make_study(project, elsewhere, tmp_path / "elsewhere"))
    assert RECORD in crate.namelist()
    images = entities(crate)["data/fashion/train-images-idx3-ubyte.gz"]
    assert images["license"].startswith("Not known to twinproof")


def test_image_that_trials_ran_in_is_named_by_its_digest(results: Path) -> None:
    for path in results.glob("trials/**/*.json"):
        record = json.loads(path.read_text())
        record["machine"]["image"] = "sha256:" + "ab" * 32
        write_record(path, record)
    told = entities(make(results))
    image = told[told["#run"]["containerImage"]["@id"]]
    assert (image["@type"], image["name"], image["sha256"]) == ("ContainerImage", ENVIRONMENT, "ab" * 32)


def test_own_model_is_in_the_crate(project: Path) -> None:
    shutil.copy(REPOSITORY / "src/twinproof/measured/twins/dynamic.py", project / "mine.py")

    def mine(params: dict[str, Any]) -> None:
        params["twins"]["dynamic"]["module"] = "mine"

    assert "mine.py" in make(make_study(project, mine)).namelist()


def test_authors_are_those_of_the_citation(results: Path) -> None:
    assert entities(make(results))["#author-1"]["name"] == "The twinproof developers"
    citation = yaml.safe_load(Path("CITATION.cff").read_text())
    orcid = "https://orcid.org/0000-0002-1825-0097"
    citation["authors"] = [
        {"given-names": "Ada", "name-particle": "van", "family-names": "Beek", "orcid": orcid, "affiliation": "A Lab"},
        {"name": "A Consortium"},
    ]
    Path("CITATION.cff").write_text(yaml.safe_dump(citation))
    told = entities(make(results))
    assert told["./"]["author"] == [{"@id": orcid}, {"@id": "#author-2"}]
    assert (told[orcid]["@type"], told[orcid]["name"]) == ("Person", "Ada van Beek")
    assert told[told[orcid]["affiliation"]["@id"]]["name"] == "A Lab"
    assert told["#author-2"]["@type"] == "Organization"


def test_citation_of_the_repository_can_be_read() -> None:
    citation = read_citation(REPOSITORY / "CITATION.cff")
    assert citation.authors == [Author("The twinproof developers", False, None, None)]
    assert citation.licences == ["Apache-2.0"]


REMEDY = "run `snakemake --cores all`"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("results/params.yaml", None, f"results: no study was run here: there is no params.yaml; {REMEDY}"),
        (RECORD, None, f"{RECORD}: no such record; run `snakemake --cores all trials`"),
        ("results/report/index.html", None, "results/report/index.html: cannot be read (No such file or directory); "),
        ("results/tables/answer.csv", None, "results/tables/answer.csv: cannot be read (No such file or directory); "),
        (
            LOCK,
            "# changed",
            f"{LOCK}: not what results/trials/{ENVIRONMENT}/dynamic/identity-0.json was measured with; ",
        ),
        ("CITATION.cff", None, "CITATION.cff: cannot be read (No such file or directory)"),
        ("CITATION.cff", "title: [", "CITATION.cff: not YAML: "),
        ("CITATION.cff", "twinproof", "CITATION.cff: not a mapping; it must have title, abstract, version, authors, "),
        ("CITATION.cff", "{title: t, version: 1, authors: [{name: n}]}", "CITATION.cff: no abstract, license; "),
        (
            "CITATION.cff",
            "{title: t, abstract: a, version: 1, license: MIT, authors: [{orcid: o}]}",
            "CITATION.cff: authors.0: no name; allowed: name, or given-names and family-names",
        ),
        (
            "CITATION.cff",
            "{title: t, abstract: a, version: 1, license: MIT, authors: n}",
            "CITATION.cff: authors: 'n' is not allowed; allowed: a list",
        ),
    ],
)
def test_mistake_is_one_line_and_the_old_crate_stays(
    results: Path, capsys: pytest.CaptureFixture[str], file: str, content: str | None, message: str
) -> None:
    (results / "crate.zip").write_text("old")
    Path(file).unlink()
    if content is not None:
        Path(file).write_text(content)
    assert main(["--results", str(results), "--output", str(results / "crate.zip")]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith(f"error: {message}")
    assert printed.count("\n") == 1
    assert (results / "crate.zip").read_text() == "old"


def test_study_without_trials_has_no_run_to_describe(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def nothing(params: dict[str, Any]) -> None:
        params["environments"][ENVIRONMENT]["probes"] = []

    results = make_study(project, nothing)
    assert main(["--results", str(results), "--output", str(results / "crate.zip")]) == 2
    assert "results/params.yaml: defines no trial" in capsys.readouterr().err
