"""`twinproof reproduce` on files: which version it reads, what it refuses, what it finds in the current results."""

import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY
from tests.copies import commands
from twinproof.analysis.tables import main as write_tables
from twinproof.base.errors import UserError
from twinproof.cli import main
from twinproof.crate.__main__ import main as write_crate
from twinproof.environments.environment import Environment
from twinproof.pipeline import run_version
from twinproof.study.params import read_params
from twinproof.study.record import write_record
from twinproof.versions.badge import main as write_badge
from twinproof.versions.describe import main as write_version

from .studies import ENVIRONMENT
from .test_crate import RECORD, make_study

ALL_OF_IT = re.compile(r"REPRODUCED: 12 of 12 claims; (\d+) of \1 outcomes equal; 3 of 3 accuracies agree; no timing")


def run(*arguments: str) -> int:
    """Return the exit status of `twinproof reproduce` with these arguments."""
    try:
        return main(["reproduce", *arguments])
    except SystemExit as stop:
        return int(stop.code or 0)


@pytest.fixture
def results(project: Path) -> Path:
    """A published study with valid records and a crate, which was then measured again."""
    results = make_study(project)
    for path in results.glob("trials/**/*.json"):
        record = json.loads(path.read_text())
        write_record(path, record | {"software": record["software"] | Environment(ENVIRONMENT).pinned()})
    describe(results)
    assert write_crate(["--results", "results", "--output", "results/crate.zip"]) == 0
    for part in ("tables", "params.yaml", "version.json", "metrics.json"):
        copy = shutil.copytree if (results / part).is_dir() else shutil.copy
        Path("published").mkdir(exist_ok=True)
        copy(results / part, Path("published", part))
    measure_again(results)
    return results


def measure_again(results: Path) -> None:
    """Make all records those of another run, a day later."""
    for path in results.glob("trials/**/*.json"):
        record = json.loads(path.read_text())
        write_record(path, record | {"started": record["started"].replace("-23T", "-24T")})
    describe(results)


def describe(results: Path) -> None:
    """Make the tables and the version from the existing records."""
    assert write_tables(["--results", str(results)]) == 0
    assert write_version(["--results", str(results), "--output", str(results / "version.json")]) == 0


def alter(path: Path, old: str, new: str) -> None:
    """Replace a text in a file."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_published_version_a_crate_and_a_folder_are_versions(results: Path, capsys) -> None:
    for version in ([], ["results/crate.zip"], ["published"]):
        assert run(*version) == 0
        assert ALL_OF_IT.match(capsys.readouterr().out)


def test_the_version_itself_is_not_a_reproduction(results: Path, capsys) -> None:
    assert write_crate(["--results", "results", "--output", "results/crate.zip"]) == 0
    assert run("results/crate.zip") == 2
    assert "its records are those of results/crate.zip itself" in capsys.readouterr().err


def test_an_invalid_version_is_refused_in_one_line(results: Path, capsys) -> None:
    shutil.rmtree("published")
    assert run() == 2
    assert "published/version.json: no such file, so no version is published here" in capsys.readouterr().err
    for name, content, message in (
        ("none.zip", None, "none.zip: cannot be read (No such file"),
        ("text.zip", "no zip", "text.zip: not a zip file, or a damaged one"),
        ("v-none", None, "no git repository"),
    ):
        if content:
            Path(name).write_text(content)
        assert run(name) == 2
        assert message in capsys.readouterr().err
    with zipfile.ZipFile("other.zip", "w") as archive:
        archive.writestr("readme.txt", "Not a crate.")
    assert run("other.zip") == 2
    assert "other.zip: not a crate of a study, because it lacks SHA256SUMS" in capsys.readouterr().err


def test_an_altered_version_is_refused(results: Path, capsys) -> None:
    with zipfile.ZipFile("results/crate.zip") as old, zipfile.ZipFile("altered.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(
                name, content.replace(b"bit-equal", b"different") if name.endswith("identity.csv") else content
            )
    assert run("altered.zip") == 2
    assert (
        "results/tables/identity.csv was altered: it does not match the crate's SHA256SUMS" in capsys.readouterr().err
    )
    alter(Path("published/tables/identity.csv"), "bit-equal", "different")
    assert run() == 2
    assert "published: its tables were altered" in capsys.readouterr().err


def test_an_altered_record_and_an_altered_table_are_not_evidence(results: Path, capsys) -> None:
    alter(results / "tables/identity.csv", "bit-equal", "within rounding")
    assert run() == 1
    printed = capsys.readouterr().out
    assert printed.startswith("NOT REPRODUCED: 12 of 12 claims; ")
    assert "no evidence: results/tables were altered since the report was made" in printed
    describe(results)
    assert run() == 0
    alter(Path(RECORD), '"test_accuracy": 0.97', '"test_accuracy": 0.99')
    assert run() == 1
    assert f"{RECORD}: edited since it was written" in capsys.readouterr().out


def test_fewer_trials_reproduce_a_study_in_part(results: Path, capsys, tmp_path: Path) -> None:
    less = read_params(results / "params.yaml").content()
    less["learning"]["replicates"] = 1
    (results / "params.yaml").write_text(yaml.safe_dump(less))
    describe(results)
    assert run("--receipt", str(tmp_path / "receipt.json")) == 3
    printed = capsys.readouterr().out
    assert printed.startswith("REPRODUCED IN PART: ")
    assert f"not measured here: learning 1 of dynamic in {ENVIRONMENT}\n" in printed
    assert "other parameters: learning.replicates: 2 in published, 1 here" in printed
    receipt = json.loads((tmp_path / "receipt.json").read_text())
    assert receipt["not_tried"] == [f"learning 1 of dynamic in {ENVIRONMENT}"]


def test_reading_writes_nothing(results: Path) -> None:
    def files() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()}

    before = files()
    assert run() == 0
    assert files() == before


def test_the_study_is_run_with_the_parameters_of_the_version(results: Path, monkeypatch, capsys) -> None:
    asked = []

    def snakemake(command: list[str], **_: object) -> object:
        asked.append((command[1:-1], json.loads(Path(command[-1]).read_text())))
        return type("Done", (), {"returncode": len(asked) - 1})

    monkeypatch.setattr(run_version.subprocess, "run", snakemake)
    version = read_params(Path("published/params.yaml")).content()
    Path("params.yaml").write_text(yaml.safe_dump(version | {"learning": version["learning"] | {"epochs": 77}}))
    assert run("--run", "--cores", "2") == 0
    command, params = asked[0]
    assert command == ["-m", "snakemake", "--cores", "2", "--configfile"]
    assert params == version | {"pathvars": {"results": "results"}}
    assert run("--run") == 2
    assert "the study did not run to its end (exit status 1 of snakemake)" in capsys.readouterr().err
    more = version["twins"] | {"mine": {"module": "my_twin"}}
    Path("params.yaml").write_text(yaml.safe_dump(version | {"twins": more}))
    with pytest.raises(UserError, match=r"params.yaml: defines something that the version does not \(twins.mine\)"):
        run_version.run_version(read_params(Path("published/params.yaml")), results, None)
    assert len(asked) == 2


def test_the_commands_of_the_guide_run(results: Path, monkeypatch) -> None:
    def snakemake(command: list[str], **_: object) -> object:
        again = Path(json.loads(Path(command[-1]).read_text())["pathvars"]["results"])
        shutil.copytree(results, again, ignore=shutil.ignore_patterns("environments"))
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(run_version.subprocess, "run", snakemake)
    shutil.copy(results / "params.yaml", "params.yaml")
    for command in filter(None, commands(REPOSITORY / "docs/reproduce.md").splitlines()):
        program, *arguments = command.partition("#")[0].split()
        if program == "twinproof":
            assert arguments[0] == "reproduce" and run(*arguments[1:]) == 0
        else:
            assert (program, arguments[:2]) == ("python", ["-m", "twinproof.versions.badge"])
            assert write_badge(arguments[2:]) == 0
            assert ">not yet confirmed<" in Path(arguments[-1]).read_text()
