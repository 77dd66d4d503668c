"""The files of an image: an OCI archive that docker reads too, and the SIF that is made from it."""

import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from twinproof.base.files import sha256
from twinproof.environments.building.steps import StepError


def complete_archive(file: Path, tag: str, build: str) -> str:
    """Check an OCI archive, let docker read it too, and return the digest of its manifest.

    Raises
    ------
    StepError
        If it is not an OCI archive, or does not contain the image of this build.
    """
    with tarfile.open(file) as tar:
        names = tar.getnames()
        if "index.json" not in names:
            raise StepError("docker wrote an archive in its own format: docker 25 or newer is needed")
        manifest = {"manifests": _member(tar, "index.json")["manifests"]}
        while "manifests" in manifest:
            digest: str = manifest["manifests"][0]["digest"]
            manifest = _member(tar, blob(digest))
        config = _member(tar, blob(manifest["config"]["digest"]))
    if f"TWINPROOF_BUILD={build}" not in config["config"]["Env"]:
        raise StepError("the builder took the image of an earlier build out of its cache")
    if "manifest.json" not in names:
        # If docker does not store its images with containerd, it cannot read an archive without this list.
        layers = [blob(layer["digest"]) for layer in manifest["layers"]]
        listed = [{"Config": blob(manifest["config"]["digest"]), "RepoTags": [tag], "Layers": layers}]
        content = file.with_suffix(".json")
        content.write_text(json.dumps(listed))
        with tarfile.open(file, "a") as tar:
            tar.add(content, "manifest.json", filter=nobody)
    return digest


def _member(tar: tarfile.TarFile, name: str) -> dict[str, Any]:
    """Return the JSON in a member of an archive.

    Raises
    ------
    StepError
        If it is not a file.
    """
    file = tar.extractfile(name)
    if file is None:
        raise StepError(f"{name} in the archive is not a file")
    return dict(json.load(file))


def nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave the user's name out of an archive."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o644
    return member


def blob(digest: str) -> str:
    """Return the path of the blob with this digest in an OCI archive."""
    return f"blobs/{digest.replace(':', '/')}"


def sif_command(runtime: str, archive: Path, sif: Path) -> list[str]:
    """Return the command that makes a SIF from an archive."""
    usage = subprocess.run([runtime, "build", "--help"], capture_output=True, text=True).stdout
    # Three times as fast as gzip, and the file is no larger.
    zstd = ["--mksquashfs-args", "-comp zstd -Xcompression-level 3"] if "--mksquashfs-args" in usage else []
    # The SIF keeps the name of what it was made from: one without this machine's folders.
    return [runtime, "build", "--disable-cache", *zstd, str(sif), f"oci-archive:{archive.name}"]


def describe(file: Path) -> dict[str, Any]:
    """Return name, SHA-256 and size of a file."""
    return {"file": file.name, "sha256": sha256(file), "size": file.stat().st_size}
