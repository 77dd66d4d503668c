"""The programs that can build an image: how their commands differ, and the disk space they need.

Standard library only, because `containers/build` has nothing else.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from twinproof.base.errors import UserError
from twinproof.environments.environment import Environment

PATIENCE = 60  # seconds for an answer
# Peak disk space in GB that a build needs in the builder's storage, in the work folder, and in both if they share a
# disk (the peaks do not coincide): measured, plus a fifth.
ROOM = {"cpu": (4, 4, 8), "gpu": (16, 23, 32)}


@dataclass(frozen=True)
class Image:
    """An image in a builder's storage."""

    id: str
    digest: str
    size: int  # bytes, uncompressed


class Buildah:
    """buildah, and the commands that podman shares with it."""

    name = "buildah"
    prune = "buildah rmi --prune"  # frees what no image needs
    info: tuple[str, ...] = ("info",)
    removal: tuple[str, ...] = ("rm",)

    def __init__(self, program: str) -> None:
        self.program = program

    def ask(self, *arguments: str) -> str | None:
        """Return what the builder answers, None if it refuses or does not answer at all."""
        # As in the build, so that the builder needs no permission that the build itself does not need.
        environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
        command = [self.program, *arguments]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None

    def version(self) -> str:
        """Return name and version: "buildah 1.28.2"."""
        return version(self.program)

    def trouble(self) -> str | None:
        """Return why it cannot work here, such as a docker client without its daemon; None if it can."""
        return f"'{self.name} info' fails" if self.ask("info") is None else None

    def storage(self) -> Path | None:
        """Return the folder of all images, None if it is on another machine or not known."""
        root = self._store().get("graphroot")
        return Path(root) if root else None

    def overlays(self) -> bool:
        """Return whether the storage stacks layers."""
        return self._store().get("graphdrivername") != "vfs"

    def _store(self) -> dict[str, Any]:
        # podman writes these names with a lower-case first letter.
        store = json.loads(self.ask(*self.info) or "{}").get("store", {})
        return {name.lower(): value for name, value in store.items()}

    def image(self, name: str) -> Image | None:
        """Return the image of that name, None if it is not in the storage."""
        answer = self.ask("inspect", "--type", "image", name)
        if answer is None:
            return None
        found = json.loads(answer)
        size = sum(layer["size"] for layer in json.loads(found["Manifest"])["layers"])
        return Image(found["FromImageID"], found["FromImageDigest"], size)

    def pull(self, name: str) -> list[str]:
        """Return the command that fetches an image from its registry."""
        patience = ["--retry", "0"] if "--retry " in (self.ask("pull", "--help") or "") else []
        return [self.program, "pull", *patience, name]

    def build(self) -> list[str]:
        """Return the command that builds, without what all builders have in common."""
        # If the storage cannot stack layers, each layer would be a whole copy of the image.
        layers = "true" if self.overlays() else "false"
        return [self.program, "build", "--isolation", "chroot", "--format", "oci", f"--layers={layers}", "--force-rm"]

    def save(self, name: str, file: Path) -> list[str]:
        """Return the command that writes an image as an OCI archive."""
        # zstd: 20 % quicker than gzip to write, 30 % to read, and 15 % smaller.
        zstd = ["--compression-format", "zstd"] if "--compression-format" in (self.ask("push", "--help") or "") else []
        return [self.program, "push", "--format", "oci", *zstd, name, f"oci-archive:{file}:{name}"]

    def remove_image(self, image: Image) -> None:
        """Remove an image, unless something else still needs it."""
        self.ask("rmi", image.id)

    def remove_containers(self, build: str) -> None:
        """Remove the working containers of one build, which a builder that was killed leaves behind."""
        root = self.storage()
        for file in root.glob("*-containers/*/userdata/buildah.json") if root else ():
            # Those of another build may disappear at this moment.
            with suppress(OSError, ValueError):
                if json.loads(file.read_text()).get("Args", {}).get("BUILD") == build:
                    self.ask(*self.removal, file.parent.parent.name)


class Podman(Buildah):
    """podman."""

    name = "podman"
    prune = "podman image prune"
    info = ("info", "--format", "json")
    removal = ("rm", "--force")

    def image(self, name: str) -> Image | None:
        """Return the image of that name, None if it is not in the storage."""
        answer = self.ask("image", "inspect", name)
        if answer is None:
            return None
        found = json.loads(answer)[0]
        return Image(found["Id"], digest(found), found["Size"])


class Docker(Podman):
    """docker: a client, whose daemon may be elsewhere."""

    name = "docker"
    prune = "docker image prune"

    def trouble(self) -> str | None:
        """Return why it cannot work here, None if it can."""
        number = self.ask("version", "--format", "{{.Server.Version}}") or ""
        if (major := re.match(r"\d+", number)) and int(major[0]) < 25:
            return f"it is version {number.strip()}, and OCI archives need docker 25"
        return super().trouble()

    def storage(self) -> Path | None:
        """Return the folder of all images, None if the daemon is on another machine."""
        root = Path((self.ask("info", "--format", "{{.DockerRootDir}}") or "").strip())
        return root if root.is_absolute() and root.is_dir() else None

    def build(self) -> list[str]:
        """Return the command that builds, without what all builders have in common."""
        # The daemon does not know this machine's proxies, as buildah and podman do.
        proxies = [name for name in ("http_proxy", "https_proxy", "no_proxy") for name in (name, name.upper())]
        known = [argument for name in proxies if name in os.environ for argument in ("--build-arg", name)]
        return [self.program, "build", *known]

    def save(self, name: str, file: Path) -> list[str]:
        """Return the command that writes an image as an OCI archive: from docker 25 on."""
        return [self.program, "save", "--output", str(file), name]

    def remove_containers(self, build: str) -> None:
        """Do nothing: the daemon cleans up by itself."""


def digest(found: dict[str, Any]) -> str:
    """Return an image's digest: that of its manifest if it is known, as for an image from a registry."""
    known = [found.get("Digest") or "", *(name.rpartition("@")[2] for name in found.get("RepoDigests") or [])]
    return str(next(filter(None, known), found["Id"]))


def version(program: str) -> str:
    """Return a program's name and version: "apptainer 1.4.5"."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    number = re.search(r"\d+(\.\d+)+", answer)
    return f"{Path(program).name} {number[0] if number else 'of unknown version'}"


class Room(NamedTuple):
    """The space that a build needs on one disk, and the space that is free there, in GB."""

    places: tuple[Path, ...]
    need: int
    free: float


def room(environment: Environment, builder: Buildah) -> list[Room]:
    """Return the space that the build of an image needs on each disk that it writes to."""
    in_storage, in_work, in_both = ROOM["gpu" if environment.wants_gpu() else "cpu"]
    storage = builder.storage()
    # The environment's folder is made by the build.
    work = next(path for path in (environment.folder, *environment.folder.resolve().parents) if path.exists())
    needs: dict[tuple[Path, ...], int] = {(work,): in_work}
    if storage and storage.stat().st_dev == work.stat().st_dev:
        needs = {(storage, work): in_both}
    elif storage:
        needs[storage,] = in_storage
    return [Room(places, need, shutil.disk_usage(places[0]).free / 1e9) for places, need in needs.items()]


def candidates() -> list[Buildah]:
    """Return a builder for each program that is installed, usable or not."""
    found = ((kind, shutil.which(kind.name)) for kind in (Buildah, Podman, Docker))
    return [kind(program) for kind, program in found if program]


def find() -> Buildah:
    """Return the first builder that is usable here.

    Raises
    ------
    UserError
        If there is none.
    """
    useless = []
    for builder in candidates():
        trouble = builder.trouble()
        if not trouble:
            return builder
        useless.append(f"{builder.name} is installed, but {trouble}")
    why = f" ({'; '.join(useless)})" if useless else ""
    raise UserError(
        f"builder: neither buildah nor podman nor docker is usable here{why}; "
        "run containers/install-tools, or have an administrator install one"
    )
