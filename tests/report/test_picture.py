"""The README quotes the published study: its headline and picture are what today's code makes from its tables."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from twinproof.analysis.columns import COLUMNS, read_table
from twinproof.report.readme import BEGIN, caption, draw, format_answer, insert_answer, main
from twinproof.versions.find import PUBLISHED
from twinproof.versions.retrieve import retrieve

from ..conftest import REPOSITORY

STUDY = REPOSITORY / PUBLISHED


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return {name: read_table(STUDY / "tables", name) for name in COLUMNS}


def form(svg: str) -> tuple[Counter[str], Counter[str]]:
    """Return the content of a picture, without positions, which depend on the fonts of the machine."""
    return Counter(re.findall(r"<(\w+)", svg)), Counter(re.findall(r">([^<>]+)</text>", svg))


def test_picture_is_what_the_code_draws_of_the_published_tables(tables: dict[str, pd.DataFrame]) -> None:
    assert form(draw(tables)) == form((STUDY / "answer.svg").read_text())


def test_answer_in_the_readme_is_what_the_code_says_of_the_published_tables(tables: dict[str, pd.DataFrame]) -> None:
    readme = (REPOSITORY / "README.md").read_text()
    assert insert_answer(readme, format_answer(tables, "published/answer.svg")) == readme


def test_answer_in_the_readme_is_three_lines_of_at_most_60_words() -> None:
    lines = (REPOSITORY / "README.md").read_text().partition(BEGIN)[2].partition("\n\n")[0].splitlines()
    assert len(lines) == 3
    assert sum(len(line.removeprefix("- ").split()) for line in lines) <= 60


def test_picture_takes_no_colour_from_the_page_around_it() -> None:
    picture = (STUDY / "answer.svg").read_text()
    assert "currentColor" not in picture
    assert "http" not in picture.replace("http://www.w3.org/", "")


def test_command_writes_answer_and_picture_of_a_study(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(REPOSITORY / "README.md", "README.md")
    assert main(["--study", str(results.relative_to(tmp_path)), "--readme", "README.md"]) == 0
    readme = Path("README.md").read_text()
    said = "From the same weights, 0 of 2 pairs of network and Keras version"
    assert f"{BEGIN}- **For what it learns: either.** {said}" in readme
    assert caption(read_table(results / "tables", "trials")) in readme
    assert "same weights after training" in (results / "answer.svg").read_text()
    assert "(results/answer.svg)" in readme


def test_caption_says_how_much_was_measured_where_and_when(results: Path) -> None:
    trials = read_table(results / "tables", "trials")
    said = caption(trials)
    assert said.startswith("2 small networks on MNIST; Keras ")
    assert f"{len(trials)} processes, 23 November 2026." in said
    trials.loc[0, "started"] = "2026-12-02T00:00:01+00:00"
    assert caption(trials).endswith("23 November 2026 to 2 December 2026.")


def test_readme_without_the_marks_is_refused_and_nothing_is_written(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# mine\n")
    assert main(["--study", str(results), "--readme", str(readme)]) == 2
    assert "lacks the marks" in capsys.readouterr().err
    assert readme.read_text() == "# mine\n"
    assert not (results / "answer.svg").exists()


def test_evidence_of_the_published_study_is_what_its_version_describes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(STUDY, tmp_path / PUBLISHED)
    monkeypatch.chdir(tmp_path)
    assert retrieve(PUBLISHED).exists()
