"""The quick study inside the image of tf2.21-cpu, without a network, gives what it gives in the venv."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ENVIRONMENT, REPOSITORY, make_here
from tests.copies import (
    QUICK,
    commands,
    fresh_copy,
    make_small,
    measured,
    must,
    only_twin,
    records,
    require_equal_results,
    run_in,
)
from twinproof.environments.environment import Environment

pytestmark = pytest.mark.containers

IMAGES = [*QUICK[:1], "--sdm", "apptainer", *QUICK[1:]]
# The only twin of the quick study that draws random numbers during training.
TWIN = "conditional"


@pytest.fixture(scope="session")
def image() -> Environment:
    """The environment whose image is in this repository; a missing image is built as a user would build it."""
    environment = Environment(ENVIRONMENT)
    make_here(environment.image_mark)
    return environment


def copy_with_image(folder: Path, environment: Environment, name: str = ENVIRONMENT) -> Path:
    """Copy the repository and put the image's two files into it, as on a cluster."""
    fresh_copy(folder)
    place = folder / Environment(name).folder
    place.mkdir(parents=True)
    shutil.copy(REPOSITORY / environment.image_mark, place)
    try:
        (place / environment.sif.name).hardlink_to(REPOSITORY / environment.sif)
    except OSError:  # On another disk.
        shutil.copy(REPOSITORY / environment.sif, place)
    return folder


@pytest.fixture(scope="session")
def in_image(image: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which the quick study of one twin has been run in the image, with no network for its trials."""
    folder = only_twin(copy_with_image(tmp_path_factory.mktemp("image") / "twinproof", image), TWIN)
    must(run_in(folder, "git", "commit", "--all", "--quiet", "--message=One twin"))
    must(run_in(folder, "unshare", "--net", *IMAGES, "trials"))
    must(run_in(folder, *IMAGES))
    return folder


def test_records_carry_the_digests_of_image_and_lock_and_the_commit(in_image: Path) -> None:
    environment = Environment(ENVIRONMENT)
    described = json.loads((in_image / environment.image_mark).read_text())
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=in_image, capture_output=True, text=True, check=True)
    found = records(in_image)
    assert len(found) == 5
    for record in found.values():
        assert record["machine"]["image"] == described["image"]
        assert record["protocol"]["lock"] == described["lock"]
        assert record["commit"] == head.stdout.strip()
        assert record["machine"]["device"] == "CPU"


def test_learning_and_identity_are_the_same_in_image_and_venv(in_image: Path, quick_results: Path) -> None:
    require_equal_results(in_image, quick_results)
    assert {record["machine"]["image"] for record in records(quick_results).values()} == {None}


def test_report_names_the_image(in_image: Path) -> None:
    page = (in_image / "results/quick/report/index.html").read_text()
    assert json.loads((in_image / Environment(ENVIRONMENT).image_mark).read_text())["image"] in page


def test_what_was_measured_counts_in_image_and_venv_even_without_them(in_image: Path, quick_results: Path) -> None:
    """One lock, one protocol."""
    assert "Nothing to be done" in must(run_in(in_image, *IMAGES))
    mark = in_image / Environment(ENVIRONMENT).image_mark
    hidden = mark.rename(mark.with_suffix(".hidden"))
    for command in (QUICK, IMAGES):
        assert "Nothing to be done" in must(run_in(in_image, *command, "--dry-run"))
    hidden.rename(mark)
    assert measured(must(run_in(quick_results, *IMAGES, "--dry-run"))) == set()


def exec_in_image(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the image just as Snakemake runs a trial, with the arguments of the default profile."""
    profile = yaml.safe_load((folder / "workflow/profiles/default/config.yaml").read_text())
    line = f"apptainer exec --home $PWD {profile['apptainer-args']} {Environment(ENVIRONMENT).sif} bash -c '{command}'"
    secret = {**os.environ, "TWINPROOF_SECRET": "leaked"}
    return subprocess.run(["bash", "-c", line], cwd=folder, env=secret, capture_output=True, text=True)


CLOSED = ["src/new", "data/new", "params.yaml", "results/environments/new", "/opt/venv/new", "/home/new"]


@pytest.mark.parametrize("place", CLOSED)
def test_only_results_can_be_written_inside(in_image: Path, place: str) -> None:
    assert exec_in_image(in_image, "touch results/quick/new && rm results/quick/new").returncode == 0
    assert exec_in_image(in_image, f"echo >> {place}").returncode != 0
    assert not (in_image / "src/new").exists()


def test_links_to_the_repository_and_to_results_elsewhere_make_no_difference(in_image: Path, tmp_path: Path) -> None:
    """The results are on a different disk from the home folder."""
    folder = copy_with_image(tmp_path / "twinproof", Environment(ENVIRONMENT))
    (folder / "results").rename(tmp_path / "scratch")
    (folder / "results").symlink_to(tmp_path / "scratch")
    (tmp_path / "link").symlink_to(folder)
    must(run_in(tmp_path / "link", *IMAGES, "results/quick/trials/tf2.21-cpu/simple/identity-0.json"))
    assert (tmp_path / "scratch/quick/trials/tf2.21-cpu/simple/identity-0.json").exists()
    assert exec_in_image(tmp_path / "link", "touch src/new").returncode != 0


def test_the_users_environment_and_folders_are_not_visible_inside(in_image: Path, tmp_path: Path) -> None:
    (tmp_path / "private").touch()
    assert "leaked" not in exec_in_image(in_image, "env").stdout
    assert exec_in_image(in_image, f"ls {tmp_path}").returncode != 0


def test_commands_of_the_guide_run(image: Environment, in_image: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(in_image, tmp_path / "twinproof", symlinks=True)
    make_small(folder, ENVIRONMENT, twin=TWIN)  # whose quick study has been run
    script = commands(folder / "docs/environments.md")
    assert "--sdm apptainer" in script
    must(run_in(folder, "bash", "-euo", "pipefail", "-c", script))
    trials = [json.loads(path.read_text()) for path in (folder / "results/trials").rglob("*.json")]
    digest = json.loads((folder / image.image_mark).read_text())["image"]
    assert {trial["machine"]["image"] for trial in trials} == {digest}


def refusal(folder: Path) -> str:
    done = run_in(folder, *IMAGES, "trials")
    assert done.returncode != 0
    assert not list((folder / "results/quick/trials").rglob("*.json"))
    return done.stdout + done.stderr


def test_image_of_another_lock_is_refused(image: Environment, tmp_path: Path) -> None:
    """Even if the file beside it says that it is the right one."""
    other = "tf2.18-cpu"
    folder = copy_with_image(tmp_path / "twinproof", image, other)
    mark = folder / Environment(other).image_mark
    described = json.loads(mark.read_text())
    described["lock"] = subprocess.run(
        ["sha256sum", Environment(other).lock], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.split()[0]
    mark.write_text(json.dumps(described))
    quick = folder / "workflow/profiles/quick/params.yaml"
    probes = yaml.safe_load(quick.read_text())["environments"]
    probes[ENVIRONMENT], probes[other] = probes[other], {"probes": ["identity"]}
    quick.write_text(yaml.safe_dump(yaml.safe_load(quick.read_text()) | {"environments": probes}))
    told = refusal(folder)
    assert f"environment {other}: this image was built from a lock with the SHA-256" in told
    assert "and run again" in told


def test_image_that_is_not_the_one_described_is_refused(image: Environment, tmp_path: Path) -> None:
    folder = copy_with_image(tmp_path / "twinproof", image)
    mark = folder / image.image_mark
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "build": "another"}))
    assert f"this image is not the one that {image.image_mark} describes" in refusal(folder)


def test_image_cut_short_counts_as_not_built(image: Environment, tmp_path: Path) -> None:
    folder = copy_with_image(tmp_path / "twinproof", image)
    sif = folder / image.sif
    beginning = sif.open("rb").read(1000)
    sif.unlink()
    sif.write_bytes(beginning)
    done = must(run_in(folder, *IMAGES, "--dry-run", "trials"))
    assert f"{ENVIRONMENT}: the image is truncated: {image.sif} has 1000 of" in done
    assert "rule build_image" in done


def test_without_a_runtime_the_run_ends_before_anything_is_built(tmp_path: Path) -> None:
    folder = fresh_copy(tmp_path / "twinproof")
    tools = tmp_path / "tools"
    tools.mkdir()
    # Snakemake's Slurm executor calls `which` as soon as it is imported.
    for tool in ("bash", "git", "env", "tee", "which"):
        (tools / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        [sys.executable, "-m", *IMAGES, "trials"],
        cwd=folder,
        env={**os.environ, "PATH": str(tools), "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "containers/install-tools" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
