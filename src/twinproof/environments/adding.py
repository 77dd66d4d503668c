"""Adds an environment: writes the requested packages and their lock, like `make lock`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from twinproof.base.checkout import ROOT
from twinproof.base.errors import UserError, shown
from twinproof.base.files import write_whole
from twinproof.environments.backends import BACKENDS
from twinproof.environments.environment import LOCKS, Environment
from twinproof.environments.releases import TENSORFLOWS, name_for, order, tensorflow_for

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
REQUIREMENT = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[A-Za-z0-9,_-]+\])?"
    r"(?P<bounds>(==|!=|<=|>=|<|>|~=)[A-Za-z0-9.*+!_-]+(,(==|!=|<=|>=|<|>|~=)[A-Za-z0-9.*+!_-]+)*)?"
)
ALLOWED = "allowed: a package and its version, such as keras==3.9.2"
CUDA = "[and-cuda]"
# Up to this version, TensorFlow needs an ml-dtypes that ONNX after 1.17 does not support.
LAST_WITH_OLD_ONNX = (2, 18)
# Characters to show of uv's message about incompatible versions.
LONGEST = 400


class Asked(NamedTuple):
    """The contents requested for a lock: packages as the user wrote them, and the versions of Keras and its backend."""

    lines: list[str]
    keras: str
    backend: str
    version: str
    gpu: bool = False


def add_environment(requirements: Sequence[str], name: str | None = None) -> Environment:
    """Write the input and the lock of a new environment, both or neither, and return it.

    Keras without a backend gets the TensorFlow that matches it. Without a name, the environment is named after its
    versions.

    Raises
    ------
    UserError
        If a package is not allowed, the name is taken, a package does not exist, or the versions are incompatible.
    """
    asked = read_requirements(requirements)
    environment = Environment(name or name_for(asked.keras, asked.backend, asked.version, asked.gpu))
    _require_free(environment, named=name is not None)
    described = describe(asked)
    locked = _lock(environment, described)
    source = environment.lock.with_suffix(".in")
    write_whole(source, described)
    try:
        write_whole(environment.lock, locked)
    except BaseException:
        source.unlink()
        raise
    return environment


def read_requirements(requirements: Sequence[str]) -> Asked:
    """Return the contents requested for a lock.

    Raises
    ------
    UserError
        If a requirement is not a package with a version, or if Keras and a single backend are not pinned once each.
    """
    pinned: dict[str, tuple[str, str]] = {}
    lines = []
    for requirement in requirements:
        words = requirement.replace(" ", "")
        parts = REQUIREMENT.fullmatch(words)
        if parts is None:
            raise UserError(f"{shown(requirement)}: not allowed; {ALLOWED}")
        package, bounds = re.sub(r"[._-]+", "-", parts["name"]).lower(), parts["bounds"] or ""
        if package in pinned:
            raise UserError(f"{shown(requirement)}: {package} appears twice; allowed: once")
        pinned[package] = bounds, parts["extras"] or ""
        lines.append(f"{package}{parts['extras'] or ''}{bounds}")
    keras = _version(pinned, "keras")
    if keras is None:
        raise UserError(f"keras: not among {shown(', '.join(requirements))}; {ALLOWED}")
    held = [(name, package) for name, backend in BACKENDS.items() for package in backend.packages if package in pinned]
    if len(held) > 1:
        raise UserError(f"{' and '.join(package for _, package in held)}: allowed: one backend of Keras")
    for backend, package in held:
        return Asked(lines, keras, backend, _version(pinned, package) or "", CUDA in pinned[package][1])
    suggested = tensorflow_for(keras)
    if suggested is None:
        raise UserError(f"keras=={keras}: name its TensorFlow too, such as tensorflow-cpu==2.21.0")
    return Asked([f"{TENSORFLOWS[0]}=={suggested}", *lines], keras, "tensorflow", suggested)


def describe(asked: Asked) -> str:
    """Return the input of a lock: the requested packages, and those that a trial needs."""
    title, where = BACKENDS[asked.backend].title, "GPUs" if asked.gpu else "the CPU"
    lines = [
        f"# Keras {asked.keras} with {title} {asked.version}, for {where}.",
        *asked.lines,
        "numpy",
        "# What a trial needs to read its parameters, to show progress and to describe its machine in a checked "
        "record.",
        "jsonschema",
        "psutil",
        "pyyaml",
        "rich",
        *(_exporting(asked.version) if asked.backend == "tensorflow" else _drawing()),
    ]
    return "\n".join(lines) + "\n"


def _drawing() -> list[str]:
    return ["# What the probe introspection draws with.", "pydot"]


def _exporting(tensorflow: str) -> list[str]:
    """Return the packages that export models of TensorFlow (no other backend has them), and that draw models."""
    old = order(tensorflow)[:2] <= LAST_WITH_OLD_ONNX
    return [
        "# What the probe serialization exports to, and what introspection draws with.",
        "ai-edge-litert",
        "# Later ones are for Pythons before 3.11 alone, a bound that uv does not look at, and pip does.",
        "backports-strenum<1.3",
        *(["# Later ones want an ml-dtypes that this TensorFlow does not take."] if old else []),
        "onnx<1.18" if old else "onnx",
        "onnxruntime",
        "pydot",
        "tf2onnx",
    ]


def _version(pinned: dict[str, tuple[str, str]], package: str) -> str | None:
    """Return the version that a package is pinned to, None if it was not requested."""
    if package not in pinned:
        return None
    version = re.fullmatch(r"==(\d+(\.\d+)+[A-Za-z0-9.]*)", pinned[package][0])
    if version is None:
        raise UserError(f"{package}{pinned[package][0]}: not one version; {ALLOWED}")
    return version[1]


def _require_free(environment: Environment, named: bool) -> None:
    if not NAME.fullmatch(environment.name):
        raise UserError(f"--name {shown(environment.name)}: allowed: letters, digits, dots, dashes and underscores")
    if not LOCKS.is_dir():
        raise UserError(f"{LOCKS}: no such folder here; run this in the folder of the study")
    for path in (environment.lock.with_suffix(".in"), environment.lock):
        if path.exists():
            wish = "another --name" if named else "a name of your own, --name"
            raise UserError(f"{environment.name}: {path} exists already; choose {wish}")


def _lock(environment: Environment, described: str) -> str:
    """Return the lock of an input, made in a temporary folder by the script that `make lock` runs."""
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        # The lock says which input requires a package; it must use the path in the project.
        source, lock = (environment.lock.with_suffix(suffix) for suffix in (".in", ".txt"))
        Path(folder, source).parent.mkdir(parents=True)
        Path(folder, source).write_text(described)
        variables = {name: value for name, value in os.environ.items() if name != "UPGRADE"}
        variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
        done = subprocess.run(
            ["/usr/bin/env", "bash", ROOT / "workflow" / "lock", lock, source],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise UserError(f"{environment.name}: no lock could be made: {_reason(done.stderr)}")
        return Path(folder, lock).read_text()


def _reason(told: str) -> str:
    """Return uv's message in one line, without its symbols and its hints."""
    words = re.sub(
        r"[\N{MULTIPLICATION SIGN}\u2500-\u25ff]+|^hint:.*", " ", told.partition("\n\n")[0], flags=re.MULTILINE
    )
    text = " ".join(words.split()).removeprefix("error: ")
    text = re.sub(r"^No solution found when resolving dependencies:?( cause:)? ?", "", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
