"""Builds the image of an environment from its lock: base image, image, OCI archive, SIF."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from twinproof.base import checkout
from twinproof.base.errors import UserError
from twinproof.base.files import write_whole
from twinproof.environments import builders
from twinproof.environments.backends import titles_of
from twinproof.environments.building.archive import complete_archive, describe, sif_command
from twinproof.environments.building.base import PYTHON, RECIPE, find_base
from twinproof.environments.building.secrets import secrets
from twinproof.environments.building.steps import StepError, Steps, ignore_signals, run
from twinproof.environments.environment import Environment


def build(name: str, base: str | None, want_sif: bool) -> None:
    """Build the image of an environment."""
    environment = Environment(name)
    if not re.fullmatch(r"\w[\w.-]{0,127}", name):
        raise UserError(f"environments: {name!r} is not a name; allowed: letters, digits, dots, dashes and underscores")
    environment.pinned()
    runtime = shutil.which("apptainer") or shutil.which("singularity")
    if want_sif and not runtime:
        raise UserError("sif: neither apptainer nor singularity is on PATH; run containers/install-tools")
    builder = builders.find()

    environment.folder.mkdir(parents=True, exist_ok=True)
    with (environment.folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{environment.folder}: another build of {name} is running; wait for it to end") from None
        for stale in environment.folder.glob(".build-*"):
            tidy_up(stale, builder)
        check_room(environment, builder)
        work = environment.folder.resolve() / f".build-{uuid.uuid4().hex}"
        try:
            work.mkdir(mode=0o711)  # for programs that work in it as another user
            make(environment, base, builder, runtime, work)
        finally:
            ignore_signals()
            tidy_up(work, builder)


def tidy_up(work: Path, builder: builders.Buildah) -> None:
    """Remove a build's work folder, and the working containers if it was killed."""
    builder.remove_containers(work.name.removeprefix(".build-"))
    # It never leaves the file system, in case something is still mounted in there.
    subprocess.run(["rm", "-rf", "--one-file-system", "--", str(work)], check=False)  # noqa: S607


def check_room(environment: Environment, builder: builders.Buildah) -> None:
    """Check that the disks have room for what the build will write.

    Raises
    ------
    UserError
        If they do not.
    """
    for places, need, free in builders.room(environment, builder):
        if free < need:
            raise UserError(
                f"disk: the build of {environment.name} needs {need} GB in {' and '.join(map(str, places))}, "
                f"and {free:.1f} GB are free; make room, for example with '{builder.prune}'"
            )


def make(
    environment: Environment, requested: str | None, builder: builders.Buildah, runtime: str | None, work: Path
) -> None:
    """Make all files of the image in `work`, then put them in their places."""
    name = environment.name
    tag = f"localhost/twinproof:{name}"
    steps = Steps(total=4 if runtime else 3)
    facts: dict[str, Any] = {
        "format": 1,
        "environment": name,
        "lock": environment.lock_digest(),
        "build": work.name.removeprefix(".build-"),
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }

    advice = "check its name, and that its registry answers" if requested else "give another with --base IMAGE"
    with steps.step("base", requested or f"{PYTHON}, or Debian's packages", advice):
        base, found = find_base(requested, builder, work)
    facts["base"] = {"name": base, "digest": found.digest}
    facts["builder"] = builder.version()
    facts["runtime"] = builders.version(runtime) if runtime else None

    advice = (
        f"if the message mentions hashes, {environment.lock} was changed by hand: make it again with 'make lock'; "
        "if it mentions connections, run this again when the network is back; "
        f"if it mentions space, make room, for example with '{builder.prune}'"
    )
    with steps.step("image", f"{tag}, with {builder.name}: downloads for minutes", advice):
        former = builder.image(tag)
        run(build_command(environment, builder, tag, facts, work), work)
        image = builder.image(tag)
        if image is None:
            raise StepError(f"{builder.name} did not make {tag}")

    archive, sif = work / environment.archive.name, work / environment.sif.name
    with steps.step("archive", str(environment.archive), "check that the disk is not full, and run this again"):
        run(builder.save(tag, archive), work)
        facts |= {"image": complete_archive(archive, tag, facts["build"]), "size": image.size}
        facts["archive"] = describe(archive)
    if former and former.id != image.id:
        builder.remove_image(former)

    facts["sif"] = None
    if runtime:
        advice = f"'{Path(runtime).name} version' must work; containers/install-tools checks that"
        with steps.step("sif", str(environment.sif), advice):
            run(sif_command(runtime, archive, sif), work)
            facts["sif"] = describe(sif)

    # Without its mark, nothing counts as built: it is removed first and written last.
    ignore_signals()
    environment.image_mark.unlink(missing_ok=True)
    archive.replace(environment.archive)
    if runtime:
        sif.replace(environment.sif)
    else:
        environment.sif.unlink(missing_ok=True)
    facts["seconds"] = {step: steps.seconds.get(step) for step in ("base", "image", "archive", "sif")}
    write_whole(environment.image_mark, json.dumps(facts, indent=2) + "\n")

    made = [facts[key] for key in ("archive", "sif") if facts[key]]
    files = (f"{environment.folder / file['file']} ({file['size'] / 1e6:.0f} MB)" for file in made)
    print("==> built:", ", ".join(files))
    if not runtime:
        print("==> no SIF: neither apptainer nor singularity is on PATH; containers/install-tools installs one")


def build_command(
    environment: Environment, builder: builders.Buildah, tag: str, facts: dict[str, Any], work: Path
) -> list[str]:
    """Return the command that builds the image, in a context with only the recipe and the lock."""
    context = work / "context"
    context.mkdir()
    shutil.copy(RECIPE, context)
    shutil.copy(environment.lock, context)
    arguments = {
        "BASE": facts["base"]["name"],
        "ENVIRONMENT": environment.name,
        "LOCK": facts["lock"],
        "BUILD": facts["build"],
    }
    return [
        *builder.build(),
        *("--pull=false", "--network", "host", "--tag", tag, "--file", str(context / RECIPE.name)),
        *(word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")),
        *(word for name, value in labels(environment, facts).items() for word in ("--label", f"{name}={value}")),
        *(word for name, file in secrets(work).items() for word in ("--secret", f"id={name},src={file}")),
        str(context),
    ]


def labels(environment: Environment, facts: dict[str, Any]) -> dict[str, str]:
    """Return the image's labels, without those that are unknown."""
    pinned = environment.pinned()
    known = {
        "org.opencontainers.image.title": f"twinproof {environment.name}",
        "org.opencontainers.image.description": f"The packages of {environment.lock}, to measure Keras models in",
        "org.opencontainers.image.created": facts["created"],
        "org.opencontainers.image.base.name": facts["base"]["name"],
        "org.opencontainers.image.base.digest": facts["base"]["digest"],
        "org.twinproof.environment": environment.name,
        "org.twinproof.lock": facts["lock"],
        "org.twinproof.python": "3.11",
        "org.twinproof.backend": ", ".join(titles_of(pinned).values()),
        "org.twinproof.keras": pinned.get("keras"),
    }
    commit = checkout.find_commit().commit
    # Without a commit, this is another repository, or there is none.
    if commit:
        # If files have changed since the commit, it does not describe them.
        if git("status", "--porcelain", "--", "containers") == "":
            known["org.opencontainers.image.revision"] = commit.removesuffix("-dirty")
        source = git("remote", "get-url", "origin")
        if source and re.fullmatch(r"https://[^@\s]+", source):
            known["org.opencontainers.image.source"] = source
    return {name: value for name, value in known.items() if value}


def git(*arguments: str) -> str | None:
    """Return git's answer about this repository, None if git fails."""
    try:
        return checkout.git(checkout.ROOT, *arguments).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return None
