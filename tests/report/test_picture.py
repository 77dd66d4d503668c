"""The README's answer and picture are those that today's code makes of the tables kept beside them."""

import re
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from twinproof.report.readme import draw, format_answer, insert_answer, main

from ..conftest import REPOSITORY

KEPT = REPOSITORY / "docs/answer"


def form(svg: str) -> tuple[Counter[str], Counter[str]]:
    """Return what is in a picture, wherever it lies there: places hang on the fonts of the machine."""
    return Counter(re.findall(r"<(\w+)", svg)), Counter(re.findall(r">([^<>]+)</text>", svg))


def test_picture_is_what_the_code_draws_of_the_figures_beside_it() -> None:
    shares, ratios = pd.read_csv(KEPT / "works.csv"), pd.read_csv(KEPT / "takes.csv")
    assert form(draw(shares, ratios)) == form((KEPT / "answer.svg").read_text())


def test_answer_in_the_readme_is_what_the_code_tells_of_the_tables_beside_the_picture() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    answer = format_answer(
        pd.read_csv(KEPT / "answer.csv"), pd.read_csv(KEPT / "environments.csv"), "docs/answer/answer.svg"
    )
    assert insert_answer(readme, answer) == readme


def test_picture_has_no_colour_of_the_page_around_it() -> None:
    picture = (KEPT / "answer.svg").read_text()
    assert "currentColor" not in picture
    assert "http" not in picture.replace("http://www.w3.org/", "")


def test_command_writes_answer_and_picture_of_a_study(
    results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(REPOSITORY / "README.md", "README.md")
    assert main(["--tables", str(results / "tables"), "--output", "docs/answer", "--readme", "README.md"]) == 0
    answer = pd.read_csv(results / "tables/answer.csv")
    for sentence in answer["sentence"]:
        assert f"- {sentence}\n" in Path("README.md").read_text()
    assert "same weights after training" in Path("docs/answer/answer.svg").read_text()


def test_readme_without_the_marks_is_refused_and_nothing_is_written(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# mine\n")
    folder = tmp_path / "answer"
    assert main(["--tables", str(results / "tables"), "--output", str(folder), "--readme", str(readme)]) == 2
    assert "lacks the marks" in capsys.readouterr().err
    assert not folder.exists()
