from pathlib import Path

import pytest

from twinproof.cli import main

REPOSITORY = Path(__file__).parents[1]


def run(*arguments: str) -> int:
    """Return the exit status of `twinproof` with these arguments."""
    try:
        return main(list(arguments))
    except SystemExit as stop:
        return int(stop.code or 0)


def test_help_names_the_commands(capsys):
    assert run("--help") == 0
    assert {"check", "answer"} <= set(capsys.readouterr().out.split())


def test_check_says_what_the_shipped_study_would_do(capsys, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    assert run("check") == 0
    printed = capsys.readouterr().out
    assert "55000 train, 5000 validation, 10000 test images" in printed
    assert "tf2.15-cpu: 21 trials of simple, conditional, dynamic (identity, learning)" in printed
    assert "tf2.21-gpu: nothing is measured in it" in printed


def test_check_names_the_fault_in_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(REPOSITORY)
    wrong = tmp_path / "params.yaml"
    wrong.write_text((REPOSITORY / "params.yaml").read_text().replace("epochs: 5", "epochs: 0"))
    assert run("check", "--params", str(wrong)) == 2
    assert "learning.epochs: 0 is not allowed; allowed: integer, at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "environment,twin,answer\ntf2.21-cpu,t,t: equal.\n"])
def test_answer_prints_a_sentence_a_twin_or_says_that_no_study_was_run(content, capsys, tmp_path):
    if content:
        (tmp_path / "tables").mkdir()
        (tmp_path / "tables" / "twins.csv").write_text(content)
        assert run("answer", "--results", str(tmp_path)) == 0
        assert capsys.readouterr().out == "tf2.21-cpu  t: equal.\n"
    else:
        assert run("answer", "--results", str(tmp_path)) == 2
        assert "no study has been run here yet" in capsys.readouterr().err
