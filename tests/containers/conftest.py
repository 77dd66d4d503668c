"""A copy of the repository with locks of small packages, so that a real image takes seconds."""

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from twinproof.environments import builders

REPOSITORY = Path(__file__).parents[2]
INSTALL_TOOLS = REPOSITORY / "containers" / "install-tools"
Completed = subprocess.CompletedProcess[str]


@pytest.fixture(scope="session", autouse=True)
def tools() -> None:
    """What the builds need; `zstd` reads the layers."""
    subprocess.run([INSTALL_TOOLS], check=True)
    if not shutil.which("zstd"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "zstd"], check=True, capture_output=True)


@dataclass
class Copy:
    """A copy of the repository, and what is done in it."""

    root: Path
    names: list[str] = field(default_factory=list)

    def lock(self, *packages: str) -> str:
        """Make an environment of packages that a shipped lock pins; no builder has seen it before."""
        name = f"tiny-{uuid.uuid4().hex[:8]}"
        shipped = (REPOSITORY / "containers" / "locks" / "tf2.21-cpu.txt").read_text()
        blocks = [re.search(rf"^{package}==.*\n(?:[ ]+--hash.*\n)+", shipped, re.M)[0] for package in packages]
        self.lock_file(name).write_text(f"# {name}\n{''.join(blocks)}")
        self.names.append(name)
        return name

    def lock_file(self, name: str) -> Path:
        return self.root / "containers" / "locks" / f"{name}.txt"

    def spoil(self, name: str) -> None:
        """Edit the hashes of a lock."""
        lock = self.lock_file(name)
        lock.write_text(re.sub(r"sha256:.{8}", "sha256:00000000", lock.read_text()))

    def folder(self, name: str) -> Path:
        return self.root / "results" / "environments" / name

    def mark(self, name: str) -> dict[str, Any]:
        return json.loads((self.folder(name) / "image.json").read_text())

    def start(self, *arguments: str, path: str | None = None, before: str = "", **environment: str) -> subprocess.Popen:
        """Start a build from another folder; `before` is shell code that runs first, in its own namespaces."""
        command = [sys.executable, str(self.root / "containers" / "build"), *arguments]
        if before:
            own = ["--mount"] if os.geteuid() == 0 else ["--mount", "--map-root-user"]
            command = ["unshare", *own, "sh", "-c", f'{before} && exec "$@"', "sh", *command]
        return subprocess.Popen(
            command,
            cwd="/",
            env={**os.environ, "PATH": path or os.environ["PATH"], **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def build(self, *arguments: str, **more: str) -> Completed:
        process = self.start(*arguments, **more)
        try:
            out, err = process.communicate(timeout=300)
        finally:
            process.kill()
        return Completed(process.args, process.returncode, out, err)

    def containers(self, name: str) -> list[Path]:
        """The builder's working containers for an environment."""
        root = builders.find().storage()
        files = root.glob("*-containers/*/userdata/buildah.json")
        return [file for file in files if json.loads(file.read_text())["Args"].get("ENVIRONMENT") == name]

    def processes(self, name: str) -> dict[int, str]:
        """The commands of a build's processes, including those inside its working container."""
        found = {}
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                pid = int(file.parent.name)
                found[pid] = os.getpgid(pid), file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        groups = {group for group, command in found.values() if name in command}
        return {pid: command for pid, (group, command) in found.items() if group in groups}


@pytest.fixture(scope="session")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    copy = Copy(tmp_path_factory.mktemp("repository"))
    for part in ("containers", "src"):
        ignore = shutil.ignore_patterns("locks", "__pycache__")
        shutil.copytree(REPOSITORY / part, copy.root / part, ignore=ignore)
    (copy.root / "containers" / "locks").mkdir()
    yield copy
    builder = builders.find()
    for name in copy.names:
        if image := builder.image(f"localhost/twinproof:{name}"):
            builder.remove_image(image)


@pytest.fixture(scope="session")
def path_without(tmp_path_factory: pytest.TempPathFactory):
    """PATH with all programs except the given ones."""

    def make(programs: set[str]) -> str:
        folder = tmp_path_factory.mktemp("path")
        for directory in reversed(os.environ["PATH"].split(":")):
            for program in Path(directory).glob("*"):
                if program.name not in programs:
                    link = folder / program.name
                    link.unlink(missing_ok=True)
                    link.symlink_to(program)
        return str(folder)

    return make
