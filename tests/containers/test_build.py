"""containers/build, with real builders and images of one or two small packages."""

import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from tests.conftest import until
from twinproof.environments import builders

from .conftest import Completed, Copy

pytestmark = pytest.mark.containers
MARKER = "only-the-builder-may-know-this"


def refused(done: Completed, status: int) -> str:
    """The one line in which a build says what is wrong."""
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ")
    assert done.stderr.count("error: ") == 1 or status == 1  # a failed step also prints its own error
    return last


def test_an_unknown_environment_is_refused_with_the_known_ones(copy: Copy):
    known = copy.lock("six")
    error = refused(copy.build("nonsense"), 2)
    assert "containers/locks/nonsense.txt" in error
    assert known in error
    assert "is not a name" in refused(copy.build("../locks/nonsense"), 2)
    assert not copy.folder("nonsense").exists()


def test_without_a_builder_it_says_where_to_get_one(copy: Copy, path_without):
    path = path_without({"buildah", "podman", "docker"})
    error = refused(copy.build(copy.lock("six"), path=path), 2)
    assert "containers/install-tools" in error


def test_a_builder_that_does_not_work_does_not_count(copy: Copy, path_without):
    """For example, a docker client without its daemon."""
    here = builders.find().name
    path = path_without({"buildah", "podman", "docker"} - {here})
    unusable = {"CONTAINERS_STORAGE_CONF": "/nonsense", "DOCKER_HOST": "tcp://127.0.0.1:9"}
    error = refused(copy.build(copy.lock("six"), path=path, **unusable), 2)
    assert f"{here} is installed, but '{here} info' fails" in error


def test_a_sif_that_cannot_be_made_is_refused_before_any_work(copy: Copy, path_without):
    name = copy.lock("six")
    start = time.monotonic()
    error = refused(copy.build("--sif", name, path=path_without({"apptainer", "singularity"})), 2)
    assert "containers/install-tools" in error
    assert time.monotonic() - start < 5
    assert not copy.folder(name).exists()


def test_a_disk_without_room_is_refused_with_the_figures(copy: Copy):
    name = copy.lock("six")
    results = copy.root / "results"
    results.mkdir(exist_ok=True)
    error = refused(copy.build(name, before=f"mount -t tmpfs -o size=64m none {results}"), 2)
    assert re.search(rf"needs \d+ GB in results/environments/{name}, and 0\.1 GB are free", error)


def test_a_base_with_no_image_is_named(copy: Copy):
    name = copy.lock("six")
    error = refused(copy.build("--base", "localhost/nonsense:none", name), 1)
    assert "step base failed" in error
    assert not list(copy.folder(name).glob(".build-*"))


def test_a_lock_that_was_edited_by_hand_fails_at_its_hash(copy: Copy):
    name = copy.lock("six")
    copy.spoil(name)
    done = copy.build(name)
    assert "DO NOT MATCH THE HASHES" in done.stdout + done.stderr
    error = refused(done, 1)
    assert "step image failed" in error
    assert f"containers/locks/{name}.txt was changed by hand" in error
    nothing_is_left(copy, name)


def test_a_lost_network_fails_with_the_message_of_pip(copy: Copy):
    name = copy.lock("six")
    done = copy.build(name, PIP_INDEX_URL="http://127.0.0.1:9/simple")
    assert "Connection refused" in done.stdout + done.stderr
    error = refused(done, 1)
    assert "step image failed" in error
    assert "nothing was left half-built" in error
    nothing_is_left(copy, name)


def test_a_missing_ca_bundle_is_named(copy: Copy):
    error = refused(copy.build(copy.lock("six"), PIP_CERT="/nonsense.pem"), 2)
    assert "/nonsense.pem" in error


@pytest.fixture
def silent_index():
    """A package index that accepts a request and never answers, so that a build waits."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield {"PIP_INDEX_URL": f"http://127.0.0.1:{server.getsockname()[1]}/simple", "PIP_TIMEOUT": "600"}


def start_and_wait(copy: Copy, name: str, index: dict[str, str]) -> subprocess.Popen:
    """Start a build and return once it runs pip."""
    process = copy.start(name, **index)
    until(lambda: any(re.match(r"/opt/\S+/python.*pip", line) for line in copy.processes(name).values()))
    return process


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[1].split()[0] != "Z"
    except OSError:
        return False


def nothing_is_left(copy: Copy, name: str) -> None:
    assert [file.name for file in copy.folder(name).iterdir()] == [".lock"]
    assert not copy.containers(name)
    assert not copy.processes(name)
    mounts = Path("/proc/self/mounts").read_text()
    assert name not in mounts


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_during_a_build_leaves_nothing(copy: Copy, silent_index, sent):
    name = copy.lock("six")
    process = start_and_wait(copy, name, silent_index)
    process.send_signal(sent)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + sent
    assert err.splitlines()[-1] == f"error: stopped by {sent.name}; nothing was left half-built"
    assert "Traceback" not in err
    nothing_is_left(copy, name)


def test_a_second_build_at_once_is_refused(copy: Copy, silent_index):
    name = copy.lock("six")
    process = start_and_wait(copy, name, silent_index)
    error = refused(copy.build(name), 2)
    assert f"another build of {name} is running" in error
    assert process.poll() is None
    process.terminate()
    process.communicate(timeout=30)
    nothing_is_left(copy, name)


def test_what_a_killed_build_leaves_is_removed_at_the_next_start(copy: Copy, silent_index):
    name = copy.lock("six")
    process = start_and_wait(copy, name, silent_index)
    group = list(copy.processes(name))
    process.kill()
    process.communicate(timeout=30)
    until(lambda: not [pid for pid in group if alive(pid)])
    assert list(copy.folder(name).glob(".build-*"))
    refused(copy.build(name, PIP_CERT="/nonsense.pem"), 2)
    nothing_is_left(copy, name)


@pytest.fixture(scope="module")
def built(copy: Copy, tmp_path_factory) -> str:
    """An image that was built with a CA bundle and a pip configuration that contain a marker."""
    bundle = tmp_path_factory.mktemp("ca") / "bundle.pem"
    given = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt"
    bundle.write_text(f"# {MARKER}\n{Path(given).read_text()}")
    name = copy.lock("six", "keras")
    done = copy.build("--sif", name, PIP_CERT=str(bundle), PIP_TRUSTED_HOST=f"{MARKER}.invalid")
    assert done.returncode == 0, done.stdout + done.stderr
    # Otherwise the marker proves nothing.
    assert "Successfully installed" in done.stdout + done.stderr
    for number, step in enumerate(("base", "image", "archive", "sif"), 1):
        assert re.search(rf"^==> \[{number}/4\] {step}: \d+ s$", done.stdout, re.M)
    return name


@pytest.fixture(scope="module")
def archive(copy: Copy, built: str):
    """The parts of the archive, by name."""
    with tarfile.open(copy.folder(built) / "image.oci.tar") as tar:
        yield {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}


def manifest(archive: dict[str, bytes]) -> dict:
    return json.loads(archive[blob(json.loads(archive["index.json"])["manifests"][0]["digest"])])


def config(archive: dict[str, bytes]) -> dict:
    return json.loads(archive[blob(manifest(archive)["config"]["digest"])])["config"]


def blob(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def layers(archive: dict[str, bytes]) -> list[bytes]:
    """The layers, unpacked to tar."""
    unpack = {"zstd": ["zstd", "-dc"], "gzip": ["gzip", "-dc"], "tar": ["cat"]}
    return [
        subprocess.run(
            unpack[re.split(r"[+.]", layer["mediaType"])[-1]],
            input=archive[blob(layer["digest"])],
            capture_output=True,
            check=True,
        ).stdout
        for layer in manifest(archive)["layers"]
    ]


def test_the_mark_describes_the_image(copy: Copy, built: str, archive):
    mark = copy.mark(built)
    folder = copy.folder(built)
    assert sorted(file.name for file in folder.iterdir()) == [".lock", "image.json", "image.oci.tar", "image.sif"]
    assert mark["format"] == 1
    assert mark["environment"] == built
    assert mark["lock"] == digest(copy.lock_file(built))
    assert mark["image"] == json.loads(archive["index.json"])["manifests"][0]["digest"]
    assert mark["size"] == sum(map(len, layers(archive)))
    for part in ("archive", "sif"):
        file = folder / mark[part]["file"]
        assert mark[part] == {"file": file.name, "sha256": digest(file), "size": file.stat().st_size}
    assert re.fullmatch(r"(buildah|podman|docker) [\d.]+", mark["builder"])
    assert re.fullmatch(r"(apptainer|singularity) [\d.]+", mark["runtime"])
    assert all(seconds >= 0 for seconds in mark["seconds"].values())
    base = builders.find().image(mark["base"]["name"])
    assert mark["base"]["digest"] == base.digest


def test_no_secret_is_in_the_image(archive):
    parts = {**{str(number): layer for number, layer in enumerate(layers(archive))}, **archive}
    assert not [name for name, content in parts.items() if MARKER.encode() in content]


def test_the_layers_hold_bytecode_and_no_cache(archive):
    names = []
    for layer in layers(archive):
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            names += [member.name for member in tar if not member.isdir()]
    packages = "opt/venv/lib/python3.11/site-packages"
    assert f"{packages}/__pycache__/six.cpython-311.pyc" in names
    assert [name for name in names if name.endswith("/json/__pycache__/decoder.cpython-311.pyc")]
    unwanted = re.compile(r"opt/pip/|var/lib/apt/lists/.*_|var/cache/apt/.*bin$|\.cache/|run/secrets/|.*\.deb$")
    assert not [name for name in names if unwanted.match(name)]
    assert not [name for name in names if name.startswith(f"{packages}/pip/")], "the venv holds what the lock holds"


def test_the_image_says_what_it_is(copy: Copy, built: str, archive):
    mark = copy.mark(built)
    found = config(archive)
    assert found["User"] == "twinproof"
    environment = dict(entry.split("=", 1) for entry in found["Env"])
    assert environment["TWINPROOF_LOCK"] == mark["lock"]
    assert environment["TWINPROOF_BUILD"] == mark["build"]
    assert environment["PYTHONDONTWRITEBYTECODE"] == "1"
    assert environment["PATH"].startswith("/opt/venv/bin:")
    labels = found["Labels"]
    assert labels["org.opencontainers.image.created"] == mark["created"]
    assert labels["org.opencontainers.image.base.name"] == mark["base"]["name"]
    assert labels["org.opencontainers.image.base.digest"] == mark["base"]["digest"]
    assert labels["org.twinproof.environment"] == built
    assert labels["org.twinproof.lock"] == mark["lock"]
    assert labels["org.twinproof.python"] == "3.11"
    lock = copy.lock_file(built).read_text()
    assert f"keras=={labels['org.twinproof.keras']} " in lock
    assert "org.twinproof.backend" not in labels, "what is unknown is left out"
    assert "" not in labels.values()


def test_docker_finds_its_list_in_the_archive(built: str, archive):
    (image,) = json.loads(archive["manifest.json"])
    assert image["RepoTags"] == [f"localhost/twinproof:{built}"]
    for part in (image["Config"], *image["Layers"]):
        assert part in archive


def test_the_sif_runs_the_packages_of_the_lock(copy: Copy, built: str):
    runtime = shutil.which("apptainer") or shutil.which("singularity")
    program = "import os, sys, six; print(six.__version__, sys.prefix, os.environ['TWINPROOF_BUILD'])"
    sif = copy.folder(built) / "image.sif"
    command = [runtime, "--silent", "exec", "--cleanenv", sif, "python", "-c", program]
    version, prefix, build = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert f"six=={version} " in copy.lock_file(built).read_text()
    assert prefix == "/opt/venv"
    assert build == copy.mark(built)["build"]
    told = subprocess.run([runtime, "inspect", sif], capture_output=True, text=True, check=True).stdout
    assert str(copy.root) not in told


def test_building_again_takes_the_layers_from_the_cache(copy: Copy, path_without):
    """Without apptainer, an older SIF is removed, because it does not belong to the new image."""
    name = copy.lock("six")
    assert copy.build(name).returncode == 0
    first = copy.mark(name)
    before = builders.find().image(f"localhost/twinproof:{name}")
    done = copy.build(name, path=path_without({"apptainer", "singularity"}))
    assert done.returncode == 0
    assert "Successfully installed" not in done.stdout + done.stderr
    assert "no SIF" in done.stdout
    second = copy.mark(name)
    assert (second["sif"], second["runtime"], second["seconds"]["sif"]) == (None, None, None)
    assert second["build"] != first["build"]
    assert second["image"] != first["image"]
    assert sorted(file.name for file in copy.folder(name).iterdir()) == [".lock", "image.json", "image.oci.tar"]
    assert builders.find().image(before.id) is None, "the earlier image would stay in the storage forever"


def test_a_failed_build_leaves_the_earlier_image_whole(copy: Copy, path_without):
    name = copy.lock("six")
    assert copy.build(name, path=path_without({"apptainer", "singularity"})).returncode == 0
    files = {file: digest(file) for file in copy.folder(name).iterdir()}
    copy.spoil(name)
    refused(copy.build(name), 1)
    assert {file: digest(file) for file in copy.folder(name).iterdir()} == files


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
