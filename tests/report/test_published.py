"""A published study is whole, and every clone lists, reads and opens it."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from twinproof.report.made_from import tree_digest
from twinproof.versions.find import list_versions, read_revision
from twinproof.versions.publish import main
from twinproof.versions.retrieve import retrieve

from . import test_versions
from .test_versions import run

repository, commit = test_versions.repository, test_versions.commit
PUBLISH = ["--results", "results", "--to", "published"]


def pack(change: Callable[[str, bytes], bytes] = lambda name, content: content) -> None:
    """Make a crate that holds only the results, each changed in some way."""
    with zipfile.ZipFile("results/crate.zip", "w") as archive:
        for path in sorted(Path("results").rglob("*")):
            if path.is_file() and path.name != "crate.zip":
                archive.writestr(path.as_posix(), change(path.as_posix(), path.read_bytes()))


@pytest.fixture
def studied(commit, timed_records, timed_study, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository with a study that meets its requirements, and its crate."""
    commit("v-a", timed_records, timed_study)
    monkeypatch.setattr("twinproof.versions.publish.examine", lambda results: [])
    pack()


def test_the_published_study_is_listed_first_and_read_by_its_name(studied: None, capsys: pytest.CaptureFixture[str]):
    assert main(PUBLISH) == 0
    assert [version.name for version in list_versions()] == ["published", "v-a"]
    assert read_revision("published").tables["claims"].equals(read_revision("v-a").tables["claims"])
    assert run("versions") == 0
    assert capsys.readouterr().out.startswith("published  2026-")
    assert run("compare", "v-a", "published") == 0


def test_its_page_is_opened_with_all_that_it_links_to_and_without_the_cache(studied: None) -> None:
    assert main(PUBLISH) == 0
    page = retrieve("published")
    assert page.read_text() == "<title>A report</title>"
    digests = json.loads(Path("published/version.json").read_text())["digests"]
    assert {part: tree_digest(page.parents[1] / part) for part in digests} == digests
    page.write_text("altered")
    assert retrieve("published").read_text() == "<title>A report</title>"


def test_evidence_that_was_altered_is_not_opened(studied: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(PUBLISH) == 0
    pack(lambda name, content: b"another page" if name.endswith("index.html") else content)
    Path("published/evidence.zip").write_bytes(Path("results/crate.zip").read_bytes())
    assert run("show", "published") == 2
    assert "published/evidence.zip: is not what published/version.json describes" in capsys.readouterr().err
    Path("published/evidence.zip").write_bytes(b"no zip")
    assert run("show", "published") == 2
    assert "published/evidence.zip: cannot be unpacked" in capsys.readouterr().err


def test_a_crate_of_another_report_is_not_published(studied: None, capsys: pytest.CaptureFixture[str]) -> None:
    pack(lambda name, content: b"{}" if name.endswith("version.json") else content)
    assert main(PUBLISH) == 2
    assert "results/crate.zip: is of another report than results/version.json" in capsys.readouterr().err
    assert not Path("published").exists()


def test_a_record_beyond_the_plan_is_not_published(studied: None, capsys: pytest.CaptureFixture[str]) -> None:
    """The version's digests cover it, and the crate lacks it."""
    Path("results/trials/beyond.json").write_text("{}")
    assert main(PUBLISH) == 2
    assert "results/trials/beyond.json: not part of the study" in capsys.readouterr().err
    assert not Path("published").exists()


def test_a_study_that_lacks_trials_is_not_published(commit, timed_records, timed_study, capsys) -> None:
    commit("v-a", timed_records, timed_study)
    Path(next(iter(Path("results/trials").rglob("*.json")))).unlink()
    pack()
    assert main(PUBLISH) == 2
    assert (
        "requirements, for example: Every planned trial has a record; `twinproof check` says why"
        in capsys.readouterr().err
    )
    assert not Path("published").exists()


def test_without_a_published_study_its_name_is_not_a_revision(repository: Path, capsys) -> None:
    assert run("show") == 2
    assert "published: no such revision" in capsys.readouterr().err
