import re
from pathlib import Path
from types import SimpleNamespace

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
    assert {"plan", "check", "answer"} <= set(capsys.readouterr().out.split())


def test_an_old_python_is_refused_with_what_a_study_needs(capsys, monkeypatch):
    monkeypatch.setattr("twinproof.cli.sys", SimpleNamespace(version_info=(3, 9, 18)))
    assert run("doctor") == 2
    assert re.fullmatch(r"error: a study needs Python 3\.11, and this is .+\n", capsys.readouterr().err)


def test_plan_says_what_the_shipped_study_would_do(capsys, monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    assert run("plan") == 0
    printed = capsys.readouterr().out
    assert "55000 train, 5000 validation, 10000 test images" in printed
    assert re.search(r"^ *tf2.15-cpu +exchange +3 ", printed, re.M)
    assert re.search(r"^to do: 261 trials, \d+ jobs, .* of processor time, .* with \d+ at a time$", printed, re.M)
    assert "timing may add" not in printed
    assert run("plan", "--profile", "workflow/profiles/full") == 0
    assert "timing may add up to 336 trials" in capsys.readouterr().out


def test_plan_follows_a_profile(capsys, monkeypatch):
    """It takes the parameters, the length of a batch and the number of parallel jobs from the profile."""
    monkeypatch.chdir(REPOSITORY)
    assert run("plan", "--profile", "workflow/profiles/quick", "--cores", "3") == 0
    printed = capsys.readouterr().out
    assert "to do: 15 trials" in printed
    assert "with 3 at a time" in printed
    assert "timing" not in printed


def test_plan_says_that_a_profile_cannot_be_read(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(REPOSITORY)
    assert run("plan", "--profile", str(tmp_path)) == 2
    assert f"{tmp_path}/config.yaml: cannot be read" in capsys.readouterr().err


def test_plan_names_the_fault_in_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(REPOSITORY)
    wrong = tmp_path / "params.yaml"
    wrong.write_text((REPOSITORY / "params.yaml").read_text().replace("epochs: 5", "epochs: 0"))
    assert run("plan", "--params", str(wrong)) == 2
    assert "learning.epochs: 0 is not allowed; allowed: integer, at least 1" in capsys.readouterr().err


def test_check_says_that_no_study_was_planned(capsys, tmp_path):
    assert run("check", "--results", str(tmp_path)) == 2
    assert "no study was planned here" in capsys.readouterr().err


def test_answer_prints_the_advice_the_claims_and_one_sentence_per_twin(capsys, tmp_path):
    (tmp_path / "tables").mkdir()
    for table, content in {
        "answer": 'topic,sentence,evidence\nchoice,"Write it, so.","[""claims"", ""timing""]"\n',
        "claims": "claim,wording,verdict\nC1,It is so.,mixed\n",
        "twins": "environment,twin,answer\ntf2.21-cpu,t,t: equal.\n",
    }.items():
        (tmp_path / f"tables/{table}.csv").write_text(content)
    assert run("answer", "--results", str(tmp_path)) == 0
    printed = capsys.readouterr().out.split("\n\n")
    assert printed == ["Write it, so. (claims, timing)", "C1   mixed         It is so.", "tf2.21-cpu  t: equal.\n"]


def test_answer_says_that_no_study_was_run(capsys, tmp_path):
    assert run("answer", "--results", str(tmp_path)) == 2
    assert "no study has been run here yet" in capsys.readouterr().err


def test_prove_starts_each_model_with_the_backend_named_with_its_environment(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    python = tmp_path / "a@b" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "on ${KERAS_BACKEND-nothing}" >&2\nexit 2\n')
    python.chmod(0o755)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    for name, told in (
        ("a@b@jax", "error: on jax"),
        ("./a@b/", "error: on nothing"),
        ("a@b@pytorch", "error: --in 'a@b@pytorch': no backend of that name; allowed: tensorflow, jax, torch"),
    ):
        assert run("prove", "m.py:f", "--in", name, "--in", "./a@b/") == 2
        assert capsys.readouterr().err.strip() == told
