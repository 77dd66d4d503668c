"""Kinds of bad input, each reported in one clear line: what is wrong, where, and what is allowed or what to do.

Random damage is in test_fuzz.py; names and paths that mean something to a shell are in test_injection.py.
"""

import functools
import gzip
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from twinproof.analysis.sampling import counts
from twinproof.base.errors import UserError
from twinproof.cli import _rows
from twinproof.crate.citation import read_citation
from twinproof.environments.environment import Environment
from twinproof.measured.run_batch import main as batch
from twinproof.measured.run_trial import require_planned
from twinproof.pipeline.config import read_config, running
from twinproof.pipeline.counting import find_changes
from twinproof.pipeline.doctor import examine
from twinproof.pipeline.schedule import read_schedule
from twinproof.study.code import code_of_module
from twinproof.study.dataset import FILES, read_checksums, read_dataset
from twinproof.study.params import Params, check_params, read_params
from twinproof.study.record import digest, read_record
from twinproof.study.trial import Trial, list_trials
from twinproof.versions.find import read_workspace

from .conftest import ENVIRONMENT, REPOSITORY
from .environments.test_environment import BAD_LOCKS
from .fuzzing import GOLDEN, idx, write_checksums, write_images

Act = Callable[[Path], object]
# Each kind of bad input: how to make it in an empty project, and words of the message.
BAD: dict[str, tuple[Act, str]] = {}
SECONDS = 30


def put(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# Paths without a readable file, for each reader.

READERS: dict[str, tuple[str, Act]] = {
    "params": ("other.yaml", read_params),
    "record": ("record.json", read_record),
    "lock": ("containers/locks/other.txt", lambda _: Environment("other").pinned()),
    "checksums": ("SUMS", read_checksums),
    "profile": ("profile/config.yaml", lambda path: read_config(Path("params.yaml"), path.parent)),
    "citation": ("CITATION.cff", read_citation),
}


def make_large(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**40)


NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, ""),
    "a folder": (Path.mkdir, "not a regular file, but a folder"),
    "a pipe": (os.mkfifo, "not a regular file, but a pipe"),
    "/dev/full": (lambda path: path.symlink_to("/dev/full"), "not a regular file, but a device"),
    "/dev/zero": (lambda path: path.symlink_to("/dev/zero"), "not a regular file, but a device"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "cannot be read (Too many levels"),
    "too large": (make_large, "1099511627776 bytes; allowed: at most"),
    "not UTF-8": (lambda path: path.write_bytes(b"a: 1\nb: \xff"), "not text, line 2 has a byte that is not UTF-8"),
    "NUL": (lambda path: path.write_bytes(b"a: 1\n\0"), "not text, line 2 has a NUL character"),
}


def read_no_file(reader: str, kind: str, _: Path) -> object:
    name, read = READERS[reader]
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    NO_FILES[kind][0](Path(name))
    return read(Path(name))


for one in READERS:
    for kind, (_, words) in NO_FILES.items():
        BAD[f"{one}: {kind}"] = (functools.partial(read_no_file, one, kind), words)
BAD["a name with NUL"] = (lambda _: read_params(Path("a\0b")), "a\\x00b: cannot be read (embedded null byte)")
BAD["a name of two lines"] = (lambda _: read_params(Path("a\nb")), "a\\nb: cannot be read (No such file or directory)")
BAD["a name too long"] = (lambda _: read_params(Path("x" * 300)), "cannot be read (File name too long)")


# YAML that says too much, too little, or two things.

LAUGHS = "a: &a [x, x]\n" + "".join(f"{chr(c)}: &{chr(c)} [*{chr(c - 1)}, *{chr(c - 1)}]\n" for c in range(98, 118))
MAPPINGS = "a: &a {x: 1}\n" + "".join(
    f"{chr(c)}: &{chr(c)} {{x: *{chr(c - 1)}, y: *{chr(c - 1)}}}\n" for c in range(98, 118)
)
CHAIN = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100))
YAML = {
    "anchors of anchors": (LAUGHS, "more than 100000 values, once its anchors are written out"),
    "anchors of mappings": (MAPPINGS, "more than 100000 values, once its anchors are written out"),
    "a chain of anchors": (CHAIN, "nested too deep; allowed: 64"),
    "an anchor within itself": ("a: &a [*a]\n", "line 1: an anchor that refers to itself"),
    "a mapping within itself": ("&a {x: *a}\n", "line 1: an anchor that refers to itself"),
    "an unknown anchor": ("a: *b\n", "not YAML: found undefined alias 'b'"),
    "a key twice": ("seed: 1\nseed: 2\n", "line 2: key 'seed' appears twice, first in line 1"),
    "a key twice, deep inside": ("a:\n  b: {c: 1, c: 1}\n", "line 2: key 'c' appears twice"),
    "a key twice, once in quotes": ("a: 1\n'a': 2\n", "line 2: key 'a' appears twice"),
    "lists in lists": ("a: " + "[" * 1000 + "]" * 1000, "nested too deep; allowed: 64"),
    "lists without an end": ("[" * 100_000, "nested too deep; allowed: 64"),
    "mappings in mappings": ("{a: " * 1000 + "1" + "}" * 1000, "nested too deep; allowed: 64"),
    "blocks in blocks": ("\n".join(" " * n + "a:" for n in range(200)), "nested too deep; allowed: 64"),
    "an integer of 5,000 digits": ("seed: " + "9" * 5000, "line 1: '999"),
    "an integer of 30 digits": ("seed: " + "9" * 30, "line 1: 99999"),
    "a hexadecimal of 64 digits": ("seed: 0x" + "f" * 64, "is too large; allowed: 64 bits"),
    "not a date": ("a: 2025-13-45\n", "line 1: '2025-13-45' cannot be read (month must be in 1..12)"),
    "not a time": ("a: 2025-01-01 25:00:00\n", "cannot be read (hour must be in 0..23)"),
    "a date": ("a: 2025-01-30\n", "a: datetime.date(2025, 1, 30) is not allowed; allowed: a string (in quotes)"),
    "binary data": ("a: !!binary aGk=\n", "a: b'hi' is not allowed"),
    "not binary data": ("a: !!binary x\n", "failed to decode base64 data"),
    "a set": ("a: !!set {x}\n", "a: {'x'} is not allowed"),
    "ordered pairs": ("a: !!omap [x: 1]\n", "a.0: ('x', 1) is not allowed"),
    "an object of Python": ("a: !!python/object/apply:os.system [ls]\n", "could not determine a constructor"),
    "not a number": ("a: !!int x\n", "line 1: 'x' cannot be read"),
    "a number without digits": ("a: !!float x\n", "line 1: 'x' cannot be read"),
    "not a boolean": ("a: !!bool x\n", "line 1: 'x' cannot be read"),
    "an infinite number": ("a: .inf\n", "a: inf is not allowed; allowed: a finite number"),
    "no number": ("a: .nan\n", "a: nan is not allowed; allowed: a finite number"),
    "a number beyond floats": ("a: 1.0e+999\n", "a: inf is not allowed; allowed: a finite number"),
    "a key that is a number": ("1: 2\n", "the file: key 1 is not a string; put it in quotes"),
    "a key that is a list": ("? [a]\n: 1\n", "found unhashable key"),
    "a key that is nothing": ("? \n: 1\n", "the file: key None is not a string; put it in quotes"),
    "two documents": ("a: 1\n---\nb: 2\n", "expected a single document"),
    "a tabulator": ("a:\n\t- 1\n", "found character '\\t' that cannot start any token"),
    "an end too soon": ("a: [1\n", "not YAML: while parsing a flow sequence"),
    "a control character": ("a: \x07\n", "special characters are not allowed"),
    "a lone surrogate": ('a: "\\uDCFF"\n', "a: '\\udcff' is not allowed; allowed: a string of valid Unicode"),
    "an unknown escape": ('a: "\\q"\n', "found unknown escape character 'q'"),
    "another version of YAML": ("%YAML 9.9\n---\na: 1\n", "found incompatible YAML document"),
    "a directive twice": ("%YAML 1.1\n%YAML 1.1\n---\na: 1\n", "found duplicate YAML directive"),
    "a merge of a text": ("a:\n  <<: x\n", "expected a mapping or list of mappings for merging"),
    "nothing": ("", "the file: None is not allowed; allowed: a mapping"),
    "only comments": ("# nothing\n", "the file: None is not allowed; allowed: a mapping"),
    "a list": ("- a\n", "the file: ['a'] is not allowed; allowed: a mapping"),
    "a text": ("seed\n", "the file: 'seed' is not allowed; allowed: a mapping"),
    "a number": ("5\n", "the file: 5 is not allowed; allowed: a mapping"),
    "too many values": ("a: [" + "1," * 101_000 + "]", "more than 100000 values"),
    "too much text": ("a: '" + "x" * 300_000 + "'", "allowed: at most 262144"),
}
for kind, (text, words) in YAML.items():
    BAD[f"YAML: {kind}"] = (lambda _, text=text: read_params(put("other.yaml", text)), words)


# Parameters that are not allowed: the shipped ones with one change.

REMOVED = object()
PARAMETERS: dict[str, tuple[str, object, str]] = {
    "a misspelt section": ("lerning", {}, "lerning: unknown key; allowed: data, environments"),
    "a misspelt key": ("learning.epoch", 5, "learning.epoch: unknown key; allowed: replicates, epochs"),
    "a missing section": ("seed", REMOVED, "seed: missing; allowed: integer, at least 0"),
    "a missing key": ("learning.epochs", REMOVED, "learning.epochs: missing; allowed: integer, at least 1"),
    "a text for a number": ("learning.epochs", "5", "learning.epochs: '5' is not allowed; allowed: integer"),
    "a float for an integer": ("learning.epochs", 2.0, "learning.epochs: 2.0 is not allowed; allowed: integer"),
    "a truth for a number": ("learning.epochs", True, "learning.epochs: True is not allowed; allowed: integer"),
    "nothing for a number": ("learning.epochs", None, "learning.epochs: None is not allowed; allowed: integer"),
    "a list for a number": ("learning.epochs", [5], "learning.epochs: [5] is not allowed; allowed: integer"),
    "no epochs": ("learning.epochs", 0, "learning.epochs: 0 is not allowed; allowed: integer, at least 1"),
    "too many epochs": ("learning.epochs", 10**10, "learning.epochs: 10000000000 is not allowed; allowed: integer"),
    "a negative seed": ("seed", -1, "seed: -1 is not allowed; allowed: integer, at least 0"),
    "a seed of 300 digits": ("seed", 10**300, "seed: a number of hundreds of digits is not allowed"),
    "a negative tolerance": ("serialization.tolerance", -1.0, "serialization.tolerance: -1.0 is not allowed"),
    "an infinite tolerance": ("serialization.tolerance", float("inf"), "serialization.tolerance: inf is not allowed"),
    "no time at all": ("pitfalls.time_limit", 0, "pitfalls.time_limit: 0 is not allowed; allowed: number"),
    "a time of years": ("pitfalls.time_limit", 1e300, "pitfalls.time_limit: 1e+300 is not allowed"),
    "fewer than six processes": ("timing.replicates", 5, "timing.replicates: 5 is not allowed; allowed: integer"),
    "not a quantity": ("timing.quantities", ["speed"], "timing.quantities.0: 'speed' is not allowed"),
    "a quantity twice": ("timing.quantities", ["call", "call"], "timing.quantities: ['call', 'call'] is not allowed"),
    "no quantity": ("timing.quantities", [], "timing.quantities: [] is not allowed"),
    "no share": ("timing.sampling.margin.steady", 0, "timing.sampling.margin.steady: 0 is not allowed"),
    "a number for a section": ("timing.sampling", 5, "timing.sampling: 5 is not allowed; allowed: a mapping"),
    "no environment": ("environments", {}, "environments: {} is not allowed; allowed: a mapping, with at least 1"),
    "environments in a list": ("environments", ["tf"], "environments: ['tf'] is not allowed; allowed: a mapping"),
    "an environment without probes": ("environments", {"tf": {}}, "environments.tf.probes: missing; allowed: a list"),
    "an unknown probe": ("environments", {"tf": {"probes": ["speed"]}}, "environments.tf.probes.0: 'speed'"),
    "a probe twice": ("environments", {"tf": {"probes": ["timing"] * 2}}, "environments.tf.probes: ['timing', 't"),
    "another way without GPU": (
        "environments", {"tf": {"probes": [], "without_gpu": "wait"}}, "environments.tf.without_gpu: 'wait' is not"
    ),
    "an environment with a long name": ("environments", {"t" * 99: {"probes": []}}, "is not a name; allowed: "),
    "no twin": ("twins", {}, "twins: {} is not allowed; allowed: a mapping, with at least 1 entry"),
    "a twin without module": ("twins", {"a": {}}, "twins.a.module: missing; allowed: a string"),
    "a twin that is a text": ("twins", {"a": "b"}, "twins.a: 'b' is not allowed; allowed: a mapping"),
    "a file for a module": ("twins", {"a": {"module": "a/b.py"}}, "twins.a.module: 'a/b.py' is not allowed"),
    "arguments in a list": ("twins.simple.arguments", [1], "twins.simple.arguments: [1] is not allowed"),
    "an argument without name": ("twins.simple.arguments", {1: 1}, "twins.simple.arguments: key 1 is not a string"),
    "no images to validate with": ("data.validation", 0, "data.validation: 0 is not allowed"),
    "no folder of images": ("data.directory", None, "data.directory: None is not allowed; allowed: a path"),
    "a number for a path": ("data.checksums", 5, "data.checksums: 5 is not allowed; allowed: a path"),
}  # fmt: skip


def change(key: str, value: object) -> dict[str, Any]:
    params = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    *parents, last = key.split(".")
    section = functools.reduce(dict.__getitem__, parents, params)
    if value is REMOVED:
        del section[last]
    else:
        section[last] = value
    return params


for kind, (key, value, words) in PARAMETERS.items():
    BAD[f"params: {kind}"] = (lambda _, key=key, value=value: check_params(change(key, value)), words)


# Impossible studies.


def shipped() -> Params:
    return Params.parse(change("seed", 1))


def plan_of(**changed: object) -> object:
    params = functools.reduce(lambda known, pair: known | dict([pair]), changed.items(), change("seed", 1))
    code_of_module.cache_clear()
    list_trials(Params.parse(params))
    return find_changes(Params.parse(params), Path("results"))


def with_module(content: str, name: str = "mine", module: str = "mine") -> object:
    put(f"{name}.py", content)
    return plan_of(twins={"mine": {"module": module}})


def hide(name: str) -> object:
    put(name, "")
    return plan_of()


MANY = {"replicates": 10**8, "steps": 1, "batch_size": 1, "threads": 1}
STUDIES: dict[str, tuple[Act, str]] = {
    "100,000,000 replicates": (lambda _: plan_of(identity=MANY), "identity.replicates: 100000000 makes"),
    "no such lock": (lambda _: plan_of(environments={"tf0": {"probes": ["identity"]}}), "tf0 has no lock"),
    "no such module": (lambda _: plan_of(twins={"a": {"module": "none"}}), "twins.a.module: no module none"),
    "a module of Python": (lambda _: plan_of(twins={"a": {"module": "json"}}), "twins.a.module: no module json"),
    "a module that is not Python": (lambda _: with_module("def f(:\n"), "twins.mine.module: "),
    "a module with NUL": (lambda _: with_module("x = '\0'\n"), "twins.mine.module: "),
    "a module of minuses": (lambda _: with_module("x = " + "-" * 100_000 + "1"), "twins.mine.module: "),
    "a module that is nested too deep": (lambda _: with_module("x = " + "(" * 300 + ")" * 300), "twins.mine.module: "),
    "json.py": (lambda _: hide("json.py"), "json.py: would be imported instead of the module json"),
    "keras.py": (lambda _: hide("keras.py"), "keras.py: would be imported instead of the module keras"),
    "yaml.py": (lambda _: hide("yaml.py"), "yaml.py: would be imported instead of the module yaml"),
    "a package tensorflow": (lambda _: hide("tensorflow/__init__.py"), "tensorflow: would be imported instead of"),
    "an environment that nobody named": (lambda _: list(examine(shipped(), "tf0")), "environment tf0: not in"),
    "a trial of no environment": (
        lambda _: require_planned(Trial("tf0", "simple", "identity", 0), shipped()), "--environment tf0"
    ),
    "a trial of no twin": (
        lambda _: require_planned(Trial(ENVIRONMENT, "x", "identity", 0), shipped()), "--twin x: not in"
    ),
    "a trial of no probe": (
        lambda _: require_planned(Trial(ENVIRONMENT, "simple", "x", 0), shipped()), "--probe x: not in"
    ),
    "a trial before the first": (
        lambda _: require_planned(Trial(ENVIRONMENT, "simple", "identity", -1), shipped()), "--replicate"
    ),
}  # fmt: skip
BAD |= {f"study: {kind}": one for kind, one in STUDIES.items()}


# How a study is run.

RUNS: dict[str, tuple[dict[str, Any], str]] = {
    "a batch of no time": ({"batch": 0}, "--config batch=0: allowed: a number from 0.001"),
    "a batch without end": ({"batch": float("inf")}, "--config batch=inf: allowed"),
    "a batch of no number": ({"batch": float("nan")}, "--config batch=nan: allowed"),
    "a batch of 400 digits": ({"batch": 10**400}, "--config batch=a number of hundreds of digits: allowed"),
    "a limit in words": ({"limit": "an hour"}, "--config limit='an hour': allowed"),
    "a limit that is true": ({"limit": True}, "--config limit=True: allowed"),
    "results in this folder": (
        {"pathvars": {"results": "."}},
        "pathvars.results: '.' is not allowed, because it is this",
    ),
    "results in a folder above": ({"pathvars": {"results": "../x"}}, "pathvars.results: '../x' is not allowed"),
    "results at the root": ({"pathvars": {"results": "/"}}, "pathvars.results: '/' is not allowed"),
    "results of no name": ({"pathvars": {"results": ""}}, "pathvars.results: '' is not allowed; allowed: a path"),
    "results of a number": ({"pathvars": {"results": 5}}, "pathvars.results: 5 is not allowed; allowed: a path"),
    "another variable": ({"pathvars": {"logs": "x"}}, "pathvars: {'logs': 'x'} is not allowed"),
    "variables in a list": ({"pathvars": ["results"]}, "pathvars: ['results'] is not allowed"),
}
for kind, (config, words) in RUNS.items():
    BAD[f"run: {kind}"] = (lambda _, config=config: running(config), words)
PROFILES: dict[str, tuple[str, str]] = {
    "a list": ("- a\n", "config.yaml: not a mapping of keys to values"),
    "no mapping": ("a\n", "config.yaml: not a mapping of keys to values"),
    "a key twice": ("jobs: 1\njobs: 2\n", "line 2: key 'jobs' appears twice"),
    "jobs in words": ("jobs: many\n", "cores or jobs of the profile: 'many': allowed: a number from 1"),
    "no jobs": ("jobs: 0\n", "cores or jobs of the profile: 0: allowed: a number from 1"),
    "jobs in a list": ("jobs: [1]\n", "cores or jobs of the profile: [1]: allowed: a number from 1"),
    "half a job": ("jobs: 0.5\n", "cores or jobs of the profile: 0.5: allowed: a number from 1"),
    "a setting without value": ("config: [batch]\n", "config of the profile: ['batch']: allowed: KEY=VALUE"),
    "a setting that is a number": ("config: 5\n", "config of the profile: 5: allowed: a string, or a list of strings"),
    "a file that is a number": ("configfile: 5\n", "configfile of the profile: 5: allowed: a string"),
    "a file that is not there": ("configfile: none.yaml\n", "none.yaml: cannot be read (No such file or directory)"),
}
for kind, (text, words) in PROFILES.items():
    BAD[f"profile: {kind}"] = (
        lambda _, text=text: read_config(Path("params.yaml"), put("profile/config.yaml", text).parent),
        words,
    )


# Records: as text, and with one change and a correct digest.

RECORD = json.loads(GOLDEN.read_text())
TEXTS = {
    "nothing": ("", "not JSON, truncated or edited (Expecting value"),
    "cut short": (json.dumps(RECORD)[:-9], "not JSON, truncated or edited ("),
    "a list": ("[]", "the record: [] is not of type 'object'"),
    "nothing in JSON": ("null", "the record: None is not of type 'object'"),
    "no number": (json.dumps(RECORD | {"seconds": float("nan")}), "NaN is not a number of JSON"),
    "an infinite number": (json.dumps(RECORD | {"seconds": float("inf")}), "Infinity is not a number of JSON"),
    "a number beyond floats": (json.dumps(RECORD | {"seconds": "@"}).replace('"@"', "1e999"), "a number is too large"),
    "an integer of 5,000 digits": (json.dumps(RECORD | {"seed": "@"}).replace('"@"', "9" * 5000), "4300 digits"),
    "an integer of 30 digits": (json.dumps(RECORD | {"seed": 10**30}), "an integer is too large; allowed: 64 bits"),
    "a key twice": (json.dumps(RECORD)[:-1] + ', "seed": 7}', "key 'seed' appears twice"),
    "lists in lists": ("[" * 1000 + "]" * 1000, "nested too deep; allowed: 64"),
    "lists without an end": ("[" * 200_000, "nested too deep; allowed: 64"),
    "two records": (json.dumps(RECORD) * 2, "not JSON, truncated or edited (Extra data"),
    "a byte order mark": ("\ufeff" + json.dumps(RECORD), "not JSON, truncated or edited ("),
}
for kind, (text, words) in TEXTS.items():
    BAD[f"record: {kind}"] = (lambda _, text=text: read_record(put("record.json", text)), words)
RECORDS: dict[str, tuple[str, object, str]] = {
    "another format": ("format", 99, "format 99; allowed: "),
    "no format": ("format", REMOVED, "format None; allowed: "),
    "a key less": ("seed", REMOVED, "the record: 'seed' is a required property"),
    "a key more": ("more", 1, "the record: Additional properties are not allowed"),
    "a text for a number": ("seconds", "12", "seconds: '12' is not of type 'number'"),
    "negative seconds": ("seconds", -1, "seconds: -1 is less than the minimum of 0"),
    "seconds of years": ("seconds", 1e300, "seconds: 1e+300 is greater than the maximum"),
    "a time in words": ("started", "yesterday", "started: 'yesterday' does not match"),
    "a time with a new line": ("started", "2026-11-23T10:00:00+00:00\n", "started: '2026-11-23T10:00:00+00:00\\n'"),
    "another zone": ("started", "2026-11-23T10:00:00+02:00", "started: '2026-11-23T10:00:00+02:00' does not match"),
    "an unknown style": ("styles.other", {"status": "ok", "result": {}}, "'other' is not one of"),
    "an unknown probe": ("probe", "speed", "probe: 'speed' is not one of"),
    "a probe before the first": ("replicate", -1, "replicate: -1 is less than the minimum of 0"),
    "a seed beyond its range": ("seed", 2**31, "seed: 2147483648 is greater than the maximum of 2147483647"),
    "no functional": ("styles.functional", REMOVED, "'functional' is a required property"),
    "not an outcome": (
        "styles.subclassed.result.comparison.outcome", "equal", "styles.subclassed.result.comparison.outcome: 'equal'"
    ),
    "a digest of 63 digits": ("styles.functional.result.outputs", "a" * 63, "styles.functional.result.outputs: 'aaa"),
    "a digest with a new line": ("styles.functional.result.outputs", "a" * 64 + "\n", "styles.functional.result"),
    "a lock of no digest": ("protocol.lock", "abc", "protocol.lock: 'abc' does not match"),
    "code of no digest": ("protocol.code", {"a.py": "abc"}, "protocol.code.a.py: 'abc' does not match"),
    "no code": ("protocol.code", {}, "protocol.code: {} "),
    "data of no digest": ("protocol.data.sha256", {"a": "b"}, "protocol.data.sha256.a: 'b' does not match"),
    "a protocol of no twin": ("protocol.twin", "simple", "protocol.twin: 'simple' is not of type 'object'"),
    "a protocol in a list": ("protocol", [], "protocol: [] is not of type 'object'"),
    "an order that says one twice": ("order", ["functional"] * 2, "order: ['functional', 'functional'] has non-unique"),
    "software of no version": ("software.keras", 3, "software.keras: 3 is not of type 'string'"),
    "no threads": ("machine.threads", 0, "machine.threads: 0 is less than the minimum of 1"),
}  # fmt: skip


def read_changed(key: str, value: object, _: Path) -> object:
    record = json.loads(GOLDEN.read_text())
    *parents, last = key.split(".")
    section = functools.reduce(dict.__getitem__, parents, record)
    if value is REMOVED:
        del section[last]
    else:
        section[last] = value
    record["digest"] = digest(record)
    return read_record(put("record.json", json.dumps(record)))


for kind, (key, value, words) in RECORDS.items():
    BAD[f"record: {kind}"] = (functools.partial(read_changed, key, value), words)
BAD["record: edited"] = (
    lambda _: read_record(put("record.json", json.dumps(RECORD | {"seconds": 0.5}))),
    "edited since it was written: its digest does not match",
)


# Locks.


def read_lock(text: str, _: Path) -> object:
    put("containers/locks/tiny.txt", text)
    return Environment("tiny").pinned()


for kind, (text, words) in BAD_LOCKS.items():
    BAD[f"lock: {kind}"] = (functools.partial(read_lock, text), f"containers/locks/tiny.txt, {words}")


# Images.

SUM = "0" * 64
SUMS = "".join(f"{SUM}  {name}\n" for name in FILES.values())
CHECKSUMS = {
    "nothing": ("", "has no digest for train-images-idx3-ubyte.gz, "),
    "one file less": ("\n".join(SUMS.splitlines()[1:]), "has no digest for train-images-idx3-ubyte.gz; it must list"),
    "another digest": ("d41d8cd98f00b204e9800998ecf8427e  a\n" + SUMS, "line 1: not a line of `sha256sum`"),
    "no digits": ("x" * 64 + "  a\n" + SUMS, "line 1: not a line of `sha256sum`"),
    "no name": (SUMS + SUM + "\n", "line 5: not a line of `sha256sum`"),
    "a file twice": (SUMS + SUMS.replace("0", "1"), "line 5: another digest for"),
    "prose": ("These are the sums.\n" + SUMS, "line 1: not a line of `sha256sum`"),
}
for kind, (text, words) in CHECKSUMS.items():
    BAD[f"checksums: {kind}"] = (lambda _, text=text: read_checksums(put("SUMS", text)), words)


def read_with(file: str, content: bytes, honest: bool, _: Path) -> object:
    """Read a small data set in which one file was replaced, with or without matching checksums."""
    folder = Path("images")
    write_images(folder)
    (folder / FILES[file]).write_bytes(content)
    if honest:
        write_checksums(folder)
    return read_dataset(folder, folder / "SHA256SUMS", 2)


IMAGES: dict[str, tuple[str, bytes, bool, str]] = {
    "altered": ("train_images", gzip.compress(idx(6, 2, 2), 9), False, "altered or truncated: its SHA-256 is"),
    "gigabytes that nobody knows of": ("train_images", gzip.compress(bytes(2**26)), False, "altered or truncated"),
    "gigabytes": ("train_images", gzip.compress(idx(6, 2, 2) + bytes(2**26)), True, "more than 40 bytes, but its"),
    "not packed": ("train_images", idx(6, 2, 2), True, "not a gzip file"),
    "cut short": ("train_images", gzip.compress(idx(6, 2, 2))[:-9], True, "truncated: the gzip stream ends early"),
    "a wrong sum inside": ("train_images", gzip.compress(idx(6, 2, 2))[:-8] + bytes(8), True, "not a gzip file"),
    "nothing": ("train_images", b"", True, "truncated: 0 bytes, shorter than an idx header"),
    "less than a header": ("train_images", gzip.compress(b"\0\0\x08"), True, "truncated: 3 bytes"),
    "labels for images": ("train_images", gzip.compress(idx(24)), True, "magic number 0x00000801; allowed here"),
    "lengths beyond belief": (
        "train_images", gzip.compress(bytes.fromhex("00000803") + b"\xff" * 12), True, "allowed: at most 1073741824"
    ),
    "a byte less": ("train_images", gzip.compress(idx(6, 2, 2)[:-1]), True, "39 bytes, but its header says [6, 2, 2]"),
    "no image": ("train_images", gzip.compress(idx(0, 2, 2)), True, "empty"),
    "an image more": ("train_images", gzip.compress(idx(7, 2, 2)), True, "7 train images but 6 labels"),
    "another size": ("train_images", gzip.compress(idx(6, 3, 2)), True, "training images of 3 x 2 pixels, test images"),
    "another shape": ("train_images", gzip.compress(idx(6, 1, 4)), True, "training images of 1 x 4 pixels, test"),
    "too few to validate with": ("train_images", gzip.compress(idx(2, 2, 2)), True, "2 train images but 6 labels"),
}  # fmt: skip
for kind, (file, content, honest, words) in IMAGES.items():
    BAD[f"images: {kind}"] = (functools.partial(read_with, file, content, honest), words)


# Files that the product wrote and somebody changed.


def read_decision(text: str, _: Path) -> object:
    put(f"results/timing/{ENVIRONMENT}/simple/16.json", text)
    return list(counts(Params.parse(ADDING), Path("results"), ENVIRONMENT, "simple"))


ADDING = change("timing.sampling.most", 40)
SAMPLING = ADDING["timing"]["sampling"]
DECISIONS = {
    "a list": ("[]", "decided under another `sampling`"),
    "half of it": ("{", "16.json: not JSON"),
    "another target": ('{"sampling": {}, "next": null}', "decided under another `sampling`"),
    "the same number again": (json.dumps({"sampling": SAMPLING, "next": 16}), "next: 16; allowed: null, or a number"),
    "quantities unheard of": (
        json.dumps({"sampling": SAMPLING, "next": 24, "open": ["$(rm)"]}),
        "open: ['$(rm)']; allowed: some of",
    ),
    "a number in words": (json.dumps({"sampling": SAMPLING, "next": "24"}), "next: '24'; allowed: null, or a number"),
    "more than the most": (json.dumps({"sampling": SAMPLING, "next": 10**9}), "next: 1000000000; allowed: null"),
}
for kind, (text, words) in DECISIONS.items():
    BAD[f"decision: {kind}"] = (functools.partial(read_decision, text), words)
VERSION = {"format": 1, "commit": None, "environments": [], "answer": "", "made_from": {}, "digests": {}}
VERSIONS = {
    "half of it": ("{", "version.json: not JSON"),
    "a list": ("[]", "of format None; allowed: 1"),
    "another format": ('{"format": 99}', "of format 99; allowed: 1"),
    "a key less": (json.dumps({**VERSION, "answer": None}), "lacks answer; remove it there"),
    "environments of numbers": (json.dumps({**VERSION, "environments": [1]}), "lacks environments; remove it there"),
    "digests in a list": (json.dumps({**VERSION, "digests": []}), "lacks digests; remove it there"),
}
for kind, (text, words) in VERSIONS.items():
    BAD[f"version: {kind}"] = (lambda _, text=text: read_workspace(put("results/version.json", text).parent), words)
SCHEDULES = {
    "half of it": "{",
    "a list": "[]",
    "not the name of a batch": '{"seconds": 60, "batches": {"x": ["a/1"]}}',
    "no name of a trial": '{"seconds": 60, "batches": {"e/p-0": ["a"]}}',
    "a batch of no number": '{"seconds": 60, "batches": {"e/p-$(x)": ["a/1"]}}',
    "a trial of another number": '{"seconds": 60, "batches": {"e/p-0": ["a/01"]}}',
    "a batch in a folder above": '{"seconds": 60, "batches": {"../e/p-0": ["a/1"]}}',
    "seconds in words": '{"seconds": "many", "batches": {}}',
}
for kind, text in SCHEDULES.items():
    BAD[f"schedule: {kind}"] = (
        lambda _, text=text: read_schedule(put("results/batches.json", text).parent),
        "batches.json: missing or not readable",
    )
ANSWERS = {
    "another column": "sentence,more\nx,y\n",
    "a value less": "sentence,evidence\nx\n",
    "a value more": "sentence,evidence\nx,y,z\n",
    "a field too long": f"sentence,evidence\n{'x' * 200_000},y\n",
}
for kind, text in ANSWERS.items():
    BAD[f"table: {kind}"] = (
        lambda _, text=text: _rows(put("results/tables/answer.csv", text).parents[1], "answer", "sentence", "evidence"),
        "results/tables/answer.csv: ",
    )
CITATIONS = {
    "a list": ("[]", "CITATION.cff: not a mapping; it must have title"),
    "no authors": ("{title: t, abstract: a, version: 1, license: MIT}", "CITATION.cff: no authors"),
    "authors that are a text": (
        "{title: t, abstract: a, version: 1, license: MIT, authors: n}", "authors: 'n' is not allowed; allowed: a list"
    ),
    "an author without name": (
        "{title: t, abstract: a, version: 1, license: MIT, authors: [{}]}", "authors.0: no name; allowed: name"
    ),
}  # fmt: skip
for kind, (text, words) in CITATIONS.items():
    BAD[f"citation: {kind}"] = (lambda _, text=text: read_citation(put("CITATION.cff", text)), words)


@pytest.fixture
def empty_project(project: Path) -> Iterator[Path]:
    """A project whose tests have a time limit: a test that hangs fails."""

    def stop(*_: object) -> None:
        raise TimeoutError("it hangs")

    former = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    yield project
    signal.alarm(0)
    signal.signal(signal.SIGALRM, former)


def test_there_are_at_least_150_kinds() -> None:
    assert len(BAD) >= 150


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_reported_in_one_clear_line(empty_project: Path, kind: str) -> None:
    act, words = BAD[kind]
    with pytest.raises(UserError) as raised:
        act(empty_project)
    said = str(raised.value)
    assert words in said
    assert said.isprintable(), "more than one line, or characters that cannot be shown"
    assert 20 < len(said) < 1000


@pytest.mark.parametrize(
    "trial", ["simple", "simple/x", "simple/-1", "simple/٣", "simple/007", "/", "simple/" + "9" * 30]
)
def test_a_batch_with_an_invalid_trial_ends_with_one_line_and_status_2(
    empty_project: Path, capsys: pytest.CaptureFixture[str], trial: str
) -> None:
    options = {"environment": ENVIRONMENT, "probe": "identity", "params": "params.yaml", "records": "r", "mark": "m"}
    assert batch([*(f"--{key}={value}" for key, value in options.items()), "--trials", trial]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --trials ")
    assert said.count("\n") == 1
