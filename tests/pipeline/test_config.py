"""Snakemake's configuration: parameters, where results go, and how a study is run."""

import sys
from pathlib import Path

import pytest
import yaml

from twinproof.base.errors import UserError
from twinproof.pipeline.config import parameters, read_config, running
from twinproof.study.params import Params


def test_how_a_study_is_run_is_not_one_of_its_parameters(params):
    config = params | {"batch": 900, "limit": 5, "pathvars": {"results": "elsewhere"}}
    assert (running(config), parameters(config)) == ((Path("elsewhere"), 900, 5), Params.parse(params))
    assert running(params) == (Path("results"), 60, 60)


@pytest.mark.parametrize("value", [0, -1, True, "long", None, float("nan"), float("inf"), 1e-9, 10**7])
def test_an_invalid_length_of_time_is_refused(params, value):
    with pytest.raises(UserError, match=rf"--config batch={value!r}: allowed: a number from 0.001 to 1000000"):
        running(params | {"batch": value})


@pytest.fixture
def profile(tmp_path, params):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    (tmp_path / "other").mkdir()
    (tmp_path / "other/more.yaml").write_text("learning: {epochs: 7}\npathvars: {results: there}\n")
    return tmp_path / "other"


def write(profile, **content):
    (profile / "config.yaml").write_text(yaml.safe_dump(content))
    return read_config(profile.parent / "params.yaml", profile)


@pytest.mark.parametrize("config", [["batch=900"], {"batch": 900}, "batch=900"])
def test_a_profile_is_read_as_snakemake_does(profile, params, config):
    found, executor = write(profile, configfile="more.yaml", config=config, executor="slurm", jobs=20)
    assert (parameters(found).content()["learning"]["epochs"], parameters(found).seed) == (7, params["seed"])
    assert (running(found).results, running(found).batch, executor) == (Path("there"), 900, (20, False))


@pytest.mark.parametrize(
    ("said", "executor"),
    [
        ({}, (None, True)),
        ({"cores": 4, "jobs": 9}, (4, True)),
        ({"jobs": 9}, (9, True)),
        ({"cores": "all"}, (None, True)),
        ({"executor": "slurm", "jobs": "unlimited"}, (sys.maxsize, False)),
    ],
)
def test_a_profile_says_how_many_jobs_run_at_a_time_and_whether_on_one_machine(profile, said, executor):
    assert write(profile, **said)[1] == executor


def test_numbers_of_a_profile_are_read_as_snakemake_does(profile):
    assert write(profile, config=["batch=1e6"])[0]["batch"] == 1e6
    with pytest.raises(
        UserError, match="cores or jobs of the profile: 'many': allowed: a number from 1, `all`, `unlimited`"
    ):
        write(profile, cores="many")
    with pytest.raises(UserError, match=r"config of the profile: \['batch'\]: allowed: KEY=VALUE"):
        write(profile, config=["batch"])


@pytest.mark.parametrize("content", ["- a list", "{", "\x00"])
def test_an_invalid_profile_is_refused_in_one_line(profile, content):
    (profile / "config.yaml").write_text(content)
    with pytest.raises(UserError, match=r"config\.yaml: not "):
        read_config(profile.parent / "params.yaml", profile)
