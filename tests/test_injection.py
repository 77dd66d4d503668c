"""A name that a user chooses is refused or stays one word of each command: it is never run or read as a pattern."""

import re
import shlex
import shutil
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.base.errors import UserError
from twinproof.pipeline.config import parameters, read_config, running
from twinproof.study.dataset import FILES
from twinproof.study.params import check_params

from .conftest import ENVIRONMENT, REPOSITORY
from .copies import fresh_copy, make_small, must, run_in

PAYLOADS = {
    "a command": "r;touch X;",
    "a substitution": "$(touch X)",
    "backticks": "`touch X`",
    "a variable": "$HOME",
    "a pipe": "r|touch X",
    "a background job": "r&touch X",
    "a redirection": "r>X",
    "a quote": "r'touch X'",
    "two quotes": 'r"X"',
    "a backslash": "r\\",
    "a new line": "r\ntouch X",
    "a last new line": "r\n",
    "a carriage return": "r\rX",
    "a tabulator": "r\tX",
    "NUL": "r\0X",
    "an escape sequence": "r\x1b[2J",
    "a separator of lines": "r\u2028X",
    "a lone surrogate": "r\udcff",
    "a wildcard": "{wildcards}",
    "a wildcard of a rule": "r/{twin}",
    "a brace": "r{",
    "a variable of Snakemake": "<results>",
    "a pattern": "r*",
    "a question mark": "r?",
    "a set": "r[ab]",
    "a comment": "r#X",
    "history": "r!X",
    "home": "~root",
    "an option": "--help",
    "a short option": "-x",
    "nothing": "",
    "too long": "r" * 300,
}
# Names of environments, twins and modules contain neither spaces nor slashes.
NO_NAMES = {"a space": "r X", "a folder up": "../r", "a folder": "r/X", "a letter with dots": "ä"}
# The keys whose values reach a command or a file pattern.
PATHS = ("data.directory", "data.checksums")
NAMES = ("environments", "twins", "twins.simple.module")


def with_value(params: dict[str, Any], key: str, value: str) -> dict[str, Any]:
    if key == "environments":
        return params | {"environments": {value: {"probes": ["identity"]}}}
    if key == "twins":
        return params | {"twins": {value: {"module": "twinproof.measured.twins.simple"}}}
    *parents, last = key.split(".")
    section = params
    for parent in parents:
        section = section[parent]
    section[last] = value
    return params


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("key", PATHS)
def test_parameters_accept_only_plain_paths(params: dict[str, Any], key: str, payload: str) -> None:
    with pytest.raises(
        UserError, match=rf"^params\.yaml: {key}: [^\n]* is not allowed; allowed: a (path|string) [^\n]*\Z"
    ):
        check_params(with_value(params, key, PAYLOADS[payload]))


@pytest.mark.parametrize("payload", PAYLOADS | NO_NAMES)
@pytest.mark.parametrize("key", NAMES)
def test_parameters_accept_only_plain_names(params: dict[str, Any], key: str, payload: str) -> None:
    with pytest.raises(UserError, match=rf"^params\.yaml: {key}: [^\n]*allowed: [^\n]*\Z"):
        check_params(with_value(params, key, (PAYLOADS | NO_NAMES)[payload]))


@pytest.mark.parametrize("results", [*PAYLOADS.values(), "..", "../r", "r/../..", ".", "./", "/", 5, None, ["r"], {}])
def test_pathvars_accept_only_a_plain_results_folder(results: object) -> None:
    with pytest.raises(UserError, match=r"^pathvars\.results: [^\n]* is not allowed[^\n]*; allowed: [^\n]*\Z"):
        running({"pathvars": {"results": results}})


@pytest.mark.parametrize("pathvars", [5, "results", ["results"], {"logs": "r;touch X"}, {"results": "r", "temp": "X"}])
def test_pathvars_accept_nothing_else(pathvars: object) -> None:
    with pytest.raises(UserError, match=r"^pathvars: [^\n]* is not allowed; allowed: [^\n]*\Z"):
        running({"pathvars": pathvars})


@pytest.mark.parametrize("key", ["batch", "limit"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_number_of_a_run_cannot_be_text(key: str, payload: str) -> None:
    with pytest.raises(UserError, match=rf"^--config {key}=[^\n]*: allowed: a number from [^\n]*\Z"):
        running({key: PAYLOADS[payload]})


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("key", ["jobs", "cores"])
def test_a_number_of_a_profile_cannot_be_text(tmp_path: Path, params: dict[str, Any], key: str, payload: str) -> None:
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    (tmp_path / "config.yaml").write_text(yaml.safe_dump({key: PAYLOADS[payload]}))
    with pytest.raises(UserError, match=r"^[^\n]+: [^\n]+\Z"):
        read_config(tmp_path / "params.yaml", tmp_path)


@pytest.mark.parametrize(
    "key", ["identity.steps", "identity.threads", "data.validation", "timing.sampling.most", "environments", "seed"]
)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_number_or_a_section_cannot_be_text(params: dict[str, Any], key: str, payload: str) -> None:
    if key == "environments":
        params["environments"][ENVIRONMENT]["probes"] = [PAYLOADS[payload]]
    else:
        with_value(params, key, PAYLOADS[payload])  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"^params\.yaml: [^\n]* is not allowed; allowed: [^\n]*\Z"):
        check_params(params)


@pytest.mark.parametrize("payload", PAYLOADS | NO_NAMES)
def test_an_unknown_key_is_shown_in_one_line(params: dict[str, Any], payload: str) -> None:
    with pytest.raises(UserError, match=r"^params\.yaml: identity\.[^\n]*: unknown key; allowed: [^\n]*\Z"):
        check_params(params | {"identity": params["identity"] | {(PAYLOADS | NO_NAMES)[payload]: 1}})


@pytest.mark.parametrize("name", ["plain", "with spaces", "Übung/größe", "Ubung u\u0308", "a,b=c+d@e%f:g", "..."])
def test_a_folder_with_an_unusual_name_is_allowed(params: dict[str, Any], name: str) -> None:
    assert running({"pathvars": {"results": name}}).results == Path(name)
    params["data"] |= {"directory": name, "checksums": f"../{name}"}
    assert parameters(params).data.directory == Path(name)


def test_arguments_may_be_any_text_as_they_reach_no_command(params: dict[str, Any]) -> None:
    texts = [text for text in PAYLOADS.values() if text.isprintable()]
    params["twins"]["simple"]["arguments"] = {"text": texts}
    assert check_params(params).twins["simple"].arguments == {"text": texts}
    rules = "".join(path.read_text() for path in (REPOSITORY / "workflow/rules").glob("*.smk"))
    assert "arguments" not in rules


def test_every_value_in_a_command_is_quoted() -> None:
    """The only exception is what the workflow itself writes: how a process starts."""
    for path in (REPOSITORY / "workflow/rules").glob("*.smk"):
        for shell in re.findall(r"^    shell:\n((?:        .*\n)+)", path.read_text(), re.M):
            fields = re.findall(r"(?<!\{)\{([^{}]+)\}", shell)
            assert [field for field in fields if not field.endswith(":q")] in ([], ["params.python"]), path


def test_patterns_do_not_match_a_trailing_newline() -> None:
    """In Python, `$` also matches before a newline: patterns in the code end in \\Z or use a full match."""
    for path in [*(REPOSITORY / "src").rglob("*.py"), REPOSITORY / "containers/build"]:
        for line in path.read_text().splitlines():
            if re.search(r"re\.(match|search|compile)\(", line) and "MULTILINE" not in line:
                assert not re.search(r"\$[\"']", line), f"{path}: {line}"


def printed_commands(folder: Path, results: str) -> list[str]:
    """Return the commands of a study whose results go to a folder with that name."""
    (folder / "more.yaml").write_text(yaml.safe_dump({"pathvars": {"results": results}}, allow_unicode=True))
    command = ["snakemake", "--dry-run", "--printshellcmds", "--configfile", "more.yaml", "--cores", "1"]
    printed = must(run_in(folder, *command))
    assert not (folder / "X").exists()
    return re.findall(r"^Shell command: (.*)$", printed, re.M)


def test_a_folder_with_spaces_and_umlauts_is_one_word_of_every_command(tmp_path: Path) -> None:
    folder = fresh_copy(tmp_path / "an Übung")
    make_small(folder, ENVIRONMENT)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    shutil.copytree(folder / "data/mnist", folder / "my dätä")
    params["data"] |= {"directory": "my dätä", "checksums": "my dätä/SHA256SUMS"}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    results = "my results/größer als"
    commands = printed_commands(folder, results)
    assert len(commands) > 5
    for command in commands:
        words = shlex.split(command)
        for word in words:
            assert ("größer" in word) <= word.startswith(results), command
            assert ("dätä" in word) <= word.startswith("my dätä"), command
    assert any(f"{results}/data.json" in shlex.split(command) for command in commands)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy in which nothing has been made."""
    return fresh_copy(tmp_path_factory.mktemp("fresh") / "copy")


def refused(copy: Path, content: str) -> str:
    """Return what Snakemake prints about a configuration that it must reject without any effect."""
    before = (copy / "params.yaml").read_bytes()
    (copy / "more.yaml").write_text(content)
    done = run_in(copy, "snakemake", "--dry-run", "--configfile", "more.yaml", timeout=60)
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    assert not (copy / "X").exists()
    assert (copy / "params.yaml").read_bytes() == before
    return done.stdout + done.stderr


@pytest.mark.parametrize("results", ["r;touch X;{wildcards}", "."])
def test_snakemake_reports_an_invalid_results_folder_in_one_line(copy: Path, results: str) -> None:
    said = refused(copy, yaml.safe_dump({"pathvars": {"results": results}}))
    assert re.search(r"pathvars\.results: .* is not allowed.*; allowed: ", said)


# Each line contains the previous one twice.
BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in pairwise("abcdefghijklmnopqrstuvw")
)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("seed: 1\nseed: 2\n", "line 2: key 'seed' appears twice, first in line 1"),
        (BOMB, "more than 100000 values, once its anchors are written out"),
    ],
    ids=["a key twice", "anchors of anchors"],
)
def test_snakemake_refuses_what_it_would_misread(copy: Path, more: str, words: str) -> None:
    assert words in refused(copy, more)


def test_a_data_set_in_a_folder_with_spaces_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "my dätä"
    shutil.copytree(REPOSITORY / "data/mnist", folder)
    command = ["-m", "twinproof.study.dataset", "--directory", str(folder), "--checksums", str(folder / "SHA256SUMS")]
    done = run_in(REPOSITORY, sys.executable, *command, "--validation", "5000", "--output", str(tmp_path / "data.json"))
    must(done)
    assert all((folder / name).exists() for name in FILES.values())
