"""A parameter that is not allowed is refused with its key, its value and what is allowed."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.base.errors import UserError
from twinproof.study.params import check_params, read_params

REMOVED = object()


def test_the_shipped_parameters_are_allowed() -> None:
    params = read_params(Path(__file__).parents[2] / "params.yaml")
    assert list(params.twins)[:3] == ["simple", "conditional", "dynamic"]


def changed(params: dict[str, Any], keys: tuple[Any, ...], value: object) -> dict[str, Any]:
    *parents, last = keys
    section = params
    for key in parents:
        section = section[key]
    if value is REMOVED:
        del section[last]
    else:
        section[last] = value
    return params


ENVIRONMENT = ("environments", "tf2.21-cpu")


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (("lerning",), {}, ["lerning: unknown key", "allowed: data, environments"]),
        (("learning", "epoch"), 5, ["learning.epoch: unknown key", "epochs"]),
        (("learning", True), 5, ["learning: key True", "quotes"]),
        ((1,), 5, ["the file: key 1", "quotes"]),
        (("seed",), REMOVED, ["seed: missing", "integer, at least 0"]),
        (("learning", "epochs"), REMOVED, ["learning.epochs: missing", "integer, at least 1"]),
        (("twins", "simple", "module"), REMOVED, ["twins.simple.module: missing", "a string"]),
        (("twins", "simple", "files"), ["../w.npz"], ["twins.simple.files.0: '../w.npz'", "without . and .."]),
        (("twins", "simple", "files"), ["/w.npz"], ["twins.simple.files.0: '/w.npz'", "without . and .."]),
        (("twins", "simple", "files"), ["models/./w.npz"], ["twins.simple.files.0: 'models/./w.npz'"]),
        (("twins", "simple", "files"), ["w.npz\n"], ["twins.simple.files.0: 'w.npz\\n'"]),
        (("twins", "simple", "files"), ["a", "a"], ["twins.simple.files: ['a', 'a']", "each once"]),
        (("twins", "simple", "files"), "w.npz", ["twins.simple.files: 'w.npz'", "a list"]),
        (("learning", "epochs"), "5", ["learning.epochs: '5'", "integer, at least 1"]),
        (("learning", "epochs"), 2.5, ["learning.epochs: 2.5", "integer, at least 1"]),
        (("learning", "epochs"), 2.0, ["learning.epochs: 2.0", "integer, at least 1"]),
        (("learning", "epochs"), True, ["learning.epochs: True", "integer, at least 1"]),
        (("learning", "epochs"), None, ["learning.epochs: None", "integer, at least 1"]),
        (("learning", "epochs"), 0, ["learning.epochs: 0", "at least 1"]),
        (("serialization", "tolerance"), -1e-6, ["serialization.tolerance: -1e-06", "at least 0"]),
        (("serialization", "tolerance"), float("nan"), ["serialization.tolerance: nan", "a finite number"]),
        (("serialization", "tolerance"), float("inf"), ["serialization.tolerance: inf", "a finite number"]),
        (("seed",), -1, ["seed: -1", "at least 0"]),
        (("data", "validation"), 0, ["data.validation: 0", "at least 1"]),
        (("environments", "tf 2"), {"probes": ["identity"]}, ["environments: 'tf 2'", "a lock in containers/locks"]),
        (("environments", "../tf"), {"probes": ["identity"]}, ["environments: '../tf'", "a lock in containers/locks"]),
        (("environments", 2.15), {"probes": ["identity"]}, ["environments: key 2.15", "quotes"]),
        (("environments",), {}, ["environments: {}", "at least 1 entry"]),
        ((*ENVIRONMENT, "probes"), ["speed"], ["tf2.21-cpu.probes.0: 'speed'", "one of identity, learning"]),
        ((*ENVIRONMENT, "without_gpu"), "gpu", ["tf2.21-cpu.without_gpu: 'gpu'", "one of error, cpu"]),
        (
            (*ENVIRONMENT, "twins"),
            ["simpel"],
            ["tf2.21-cpu.twins.0: 'simpel' is not a twin", "allowed: simple, condit"],
        ),
        ((*ENVIRONMENT, "twins"), "simple", ["tf2.21-cpu.twins: 'simple'", "a list"]),
        ((*ENVIRONMENT, "probes"), "identity", ["tf2.21-cpu.probes: 'identity'", "a list"]),
        ((*ENVIRONMENT, "probes"), ["identity"] * 2, ["tf2.21-cpu.probes: ['identity', 'identity']", "each once"]),
        (("twins", "my-twin"), {"module": "mine"}, ["twins: 'my-twin'", "letters, digits and _"]),
        (("twins", 1), {"module": "mine"}, ["twins: key 1", "quotes"]),
        (
            ("twins", "simple", "module"),
            "mine.py --x",
            ["twins.simple.module: 'mine.py --x'", "one function per style"],
        ),
        (("twins", "simple", "arguments"), None, ["twins.simple.arguments: None", "a mapping"]),
    ],
)
def test_a_bad_value_is_refused_with_its_key_and_what_is_allowed(
    params: dict[str, Any], keys: tuple[Any, ...], value: object, words: list[str]
) -> None:
    with pytest.raises(UserError) as raised:
        check_params(changed(params, keys, value), "mine.yaml")
    message = str(raised.value)
    assert message.count("\n") == 0
    for word in ["mine.yaml: ", *words]:
        assert word in message


def test_each_fault_is_reported_once(params: dict[str, Any]) -> None:
    del params["seed"], params["data"], params["learning"]["epochs"]
    params["learning"]["threads"] = 0
    with pytest.raises(UserError) as raised:
        check_params(params)
    keys = sorted(line.split(": ")[1] for line in str(raised.value).splitlines())
    assert keys == ["data", "learning.epochs", "learning.threads", "seed"]


def test_an_argument_that_no_record_can_hold_is_refused(params: dict[str, Any]) -> None:
    """YAML knows dates, JSON does not."""
    params["twins"]["dynamic"]["arguments"] = yaml.safe_load("{since: 2025-01-30}")
    with pytest.raises(UserError, match=r"twins\.dynamic\.arguments\.since: .*2025"):
        check_params(params)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"seed: [1", "not YAML"),
        (b"seed: \xff", "not text, line 1 has a byte that is not UTF-8"),
        (b"", "None is not allowed; allowed: a mapping"),
        (b"- seed: 1\n", "allowed: a mapping"),
        (b"seed\n", "'seed' is not allowed; allowed: a mapping"),
    ],
    ids=["broken YAML", "not UTF-8", "empty", "a list", "a text"],
)
def test_a_file_without_parameters_is_refused_by_name(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        read_params(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert words in str(raised.value)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read \(No such file"):
        read_params(tmp_path / "none.yaml")
