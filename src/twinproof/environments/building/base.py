"""The base image: a local one, one from a registry, or one made from Debian's packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from twinproof.environments.builders import Buildah, Image
from twinproof.environments.building.steps import StepError, run

PYTHON = "docker.io/library/python:3.11-slim-bookworm"
DEBIAN = "localhost/debian-base:bookworm"
RECIPE = Path("containers/Containerfile")


def find_base(requested: str | None, builder: Buildah, work: Path) -> tuple[str, Image]:
    """Return a base image: the requested one; otherwise a local one, one from a registry, or one made here."""
    for name in (requested,) if requested else (PYTHON, DEBIAN):
        if image := builder.image(name):
            print(f"{name}: in the storage of {builder.name}", flush=True)
            return name, image
    name = requested or PYTHON
    try:
        run(builder.pull(name), work)
    except subprocess.CalledProcessError:
        if requested:
            raise
        name = DEBIAN
        make_debian(builder, work)
    image = builder.image(name)
    if image is None:
        raise StepError(f"{builder.name} cannot find {name}")
    return name, image


def make_debian(builder: Buildah, work: Path) -> None:
    """Make the base image from Debian's packages, if no registry can be reached."""
    program = shutil.which("mmdebstrap")
    if not program:
        raise StepError("no registry can be reached, and mmdebstrap is not installed: run containers/install-tools")
    print("no registry can be reached: making the base from Debian's packages", flush=True)
    context = work / "base"
    context.mkdir()
    # In its own mount namespace, nothing stays mounted if it is killed.
    apart = ["unshare", "--mount"] if os.geteuid() == 0 else []
    packages = "--include=python3,python3-venv,ca-certificates"
    run([*apart, program, "--variant=minbase", packages, "bookworm", str(context / "base.tar")], work)
    (context / RECIPE.name).write_text("FROM scratch\nADD base.tar /\n")
    run([*builder.build(), "--tag", DEBIAN, "--file", str(context / RECIPE.name), str(context)], work)
    shutil.rmtree(context)
