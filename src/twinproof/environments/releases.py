"""The releases of Keras that have a lock, and the TensorFlow that matches each release."""

from __future__ import annotations

import re
from typing import NamedTuple

from twinproof.base.errors import UserError, shown
from twinproof.base.numbers import counted
from twinproof.environments.environment import LOCKS, Environment

# The last release of each minor version of Keras, with the TensorFlow that its first users had: the newest when that
# minor version was released. Keras 2 needs the TensorFlow of the same number, and 2.16 is the first that supports
# Keras 3. Neighbours share a patch of TensorFlow if possible, so that they differ only in Keras.
TENSORFLOW = {
    "2.12.0": "2.12.1",
    "2.13.1": "2.13.1",
    "2.14.0": "2.14.1",
    "2.15.0": "2.15.1",
    "3.0.5": "2.16.2",
    "3.1.1": "2.16.2",
    "3.2.1": "2.16.2",
    "3.3.3": "2.16.2",
    "3.4.1": "2.16.2",
    "3.5.0": "2.17.1",
    "3.6.0": "2.17.1",
    "3.7.0": "2.18.0",
    "3.8.0": "2.18.0",
    "3.9.2": "2.18.0",
    "3.10.0": "2.19.1",
    "3.11.3": "2.19.1",
    "3.12.4": "2.20.0",
    "3.13.2": "2.20.0",
    "3.14.1": "2.21.0",
    "3.15.1": "2.21.0",
}
# Packages that provide TensorFlow. In a lock, the first one found counts.
TENSORFLOWS = ("tensorflow-cpu", "tensorflow")
# A release, not a nightly build or a candidate.
RELEASED = re.compile(r"\d+(\.\d+)+")


class Release(NamedTuple):
    """A release of Keras with its TensorFlow, and the environment that has both."""

    keras: str
    tensorflow: str
    environment: str


def minor(version: str) -> str:
    """Return the minor version: 3.9 of 3.9.2."""
    return ".".join(version.split(".")[:2])


def order(version: str) -> tuple[int, ...]:
    """Return the key by which releases are sorted."""
    return tuple(map(int, re.findall(r"\d+", version)))


def tensorflow_for(keras: str) -> str | None:
    """Return the TensorFlow that matches a version of Keras, None if its minor version is not in the table."""
    return next((tensorflow for known, tensorflow in TENSORFLOW.items() if minor(known) == minor(keras)), None)


def name_for(keras: str, backend: str, version: str, gpu: bool = False) -> str:
    """Return the name of an environment: keras3.9-tf2.18-cpu for Keras 3.9.2 with TensorFlow 2.18.1."""
    named = f"tf{minor(version)}" if backend == "tensorflow" else backend
    return f"keras{minor(keras)}-{named}-{'gpu' if gpu else 'cpu'}"


def list_releases() -> list[Release]:
    """Return the releases of Keras that have a lock for the CPU, in order, each once.

    If several locks have the same Keras, the one whose TensorFlow is in the table counts, otherwise the first by name.

    Raises
    ------
    UserError
        If a lock cannot be read.
    """
    found: dict[str, Release] = {}
    for environment in map(Environment, sorted(path.stem for path in LOCKS.glob("*.txt"))):
        pinned = environment.pinned()
        keras = pinned.get("keras", "")
        tensorflow = next((pinned[name] for name in TENSORFLOWS if name in pinned), "")
        if not (RELEASED.fullmatch(keras) and tensorflow) or environment.wants_gpu():
            continue
        if keras not in found or tensorflow == TENSORFLOW.get(keras) != found[keras].tensorflow:
            found[keras] = Release(keras, tensorflow, environment.name)
    return sorted(found.values(), key=lambda release: order(release.keras))


def between(releases: list[Release], first: str | None, last: str | None) -> list[Release]:
    """Return the releases from `first` to `last`, both included; a minor version stands for all its releases.

    Raises
    ------
    UserError
        If there is no such release, or fewer than two remain.
    """
    for option, version in (("--from", first), ("--to", last)):
        if version is not None and not any(_is(release, version) for release in releases):
            known = ", ".join(release.keras for release in releases) or f"none, because {LOCKS} has no lock"
            raise UserError(
                f"{option} {shown(version)}: no lock has this Keras; allowed: {known}; "
                "`twinproof environment add keras==VERSION` adds one"
            )
    start = next((at for at, release in enumerate(releases) if first and _is(release, first)), 0)
    end = max((at for at, release in enumerate(releases) if last and _is(release, last)), default=len(releases) - 1)
    chosen = releases[start : end + 1]
    if len(chosen) < 2:
        ends = f"from {first or 'the first'} to {last or 'the last'}"
        raise UserError(f"{ends}: {counted(len(chosen), 'release')} of Keras with a lock; allowed: at least 2")
    return chosen


def _is(release: Release, version: str) -> bool:
    return version in (release.keras, minor(release.keras))
