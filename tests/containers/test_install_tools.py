"""containers/install-tools, on this machine and on views of it that lack something."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from .conftest import INSTALL_TOOLS, REPOSITORY, Completed

pytestmark = pytest.mark.containers
LINKS = Path("/usr/local/bin")
needs_root = "root alone may make such a view of the machine"


def run(*arguments: str, before: str = "", after: str = "", **environment: str) -> Completed:
    """Run the script; `before` prepares a view of the machine that is gone afterwards."""
    command = [str(INSTALL_TOOLS), *arguments]
    if before:
        assert os.geteuid() == 0, needs_root
        script = f'{before}\n"$@" || exit\n{after}'
        command = ["unshare", "--mount", "bash", "-euc", script, "bash", *command]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, cwd="/")


# A machine without apptainer, as far as the script can see.
NO_SOURCES_LIST = "file=/etc/apt/sources.list; [ ! -e $file ] || mount --bind /dev/null $file"
BARE = "mount -t tmpfs none /opt; mount -t tmpfs none /usr/local/bin"


def test_it_does_nothing_if_everything_is_installed():
    before = listing()
    done = run()
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert line.startswith("==> ready: ")
    assert listing() == before


def listing() -> dict[str, int]:
    prefix = Path("/opt/twinproof-tools")
    places = [*LINKS.iterdir(), *prefix.rglob("*"), *Path("/etc/apt").rglob("*")]
    return {str(place): place.lstat().st_mtime_ns for place in places}


@pytest.fixture(scope="module")
def without_apptainer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """PATH without apptainer."""
    return system_programs(tmp_path_factory.mktemp("path"), {"apptainer", "singularity"})


def system_programs(folder: Path, without: set[str]) -> str:
    """Fill a folder with links to the programs of the system."""
    for directory in ("/bin", "/sbin", "/usr/bin", "/usr/sbin"):
        for program in Path(directory).iterdir():
            link = folder / program.name
            if program.name not in without and not link.is_symlink():
                link.symlink_to(program)
    return str(folder)


def test_apptainer_is_installed_in_its_own_folder_and_runs(without_apptainer: str):
    before = listing()
    after = 'readlink /usr/local/bin/apptainer; PATH=/bin; /usr/local/bin/apptainer version; "$@"; ls /tmp/*.list'
    done = run(before=BARE, after=after, PATH=without_apptainer, TMPDIR="/tmp")  # noqa: S108
    assert "suite unstable, into /opt/twinproof-tools" in done.stdout, done.stderr
    lines = done.stdout.splitlines()
    assert "/opt/twinproof-tools/bin/apptainer" in lines
    assert sum(line.startswith("==> ready: ") for line in lines) == 2, done.stderr
    assert "/usr/local/bin is not on PATH" in done.stdout
    assert listing() == before


def test_it_uses_the_mirror_of_the_machine_in_either_format_of_sources(without_apptainer: str):
    before = f"""{BARE}
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
          head -n 1)
        suite=$(. /etc/os-release; echo $VERSION_CODENAME)
        mount -t tmpfs none /etc/apt/sources.list.d
        {NO_SOURCES_LIST}
        if [ "$1" = one-line ]; then
          echo "deb $mirror $suite main" >/etc/apt/sources.list.d/debian.list
        else
          printf 'Types: deb\\nURIs: %s\\nSuites: %s\\nComponents: main\\n' $mirror $suite \\
            >/etc/apt/sources.list.d/debian.sources
        fi
        shift"""
    for style in ("one-line", "deb822"):
        command = ["unshare", "--mount", "bash", "-euc", f'{before}\n"$@"', "bash", style, str(INSTALL_TOOLS)]
        environment = {**os.environ, "PATH": without_apptainer}
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, style + done.stdout + done.stderr
        assert "suite unstable" in done.stdout


def test_without_a_mirror_it_says_so(without_apptainer: str):
    before = f"{BARE}; mount -t tmpfs none /etc/apt/sources.list.d; {NO_SOURCES_LIST}"
    done = run(before=before, PATH=without_apptainer)
    assert done.returncode == 1
    assert "apt sources name no Debian mirror" in done.stderr.splitlines()[-1]


def test_a_user_who_may_not_install_learns_what_to_ask_for():
    """A user without rights, on a machine without mmdebstrap."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        script = shutil.copy(INSTALL_TOOLS, folder)
        environment = {"PATH": system_programs(Path(folder), {"mmdebstrap", "sudo"}), "HOME": folder}
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", script]
        assert os.geteuid() == 0, needs_root
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd="/")
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    assert "you are not root and have no sudo" in error
    assert "mmdebstrap" in error


def test_it_refuses_what_it_does_not_know(tmp_path: Path):
    done = run("--nonsense")
    assert done.returncode == 1
    assert done.stderr == "error: install-tools: takes no arguments, got: --nonsense\n"
    bash = shutil.which("bash")
    done = subprocess.run([bash, INSTALL_TOOLS], capture_output=True, text=True, env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "there is no apt-get here" in done.stderr


def test_shellcheck_finds_nothing():
    if not shutil.which("shellcheck"):
        subprocess.run(["apt-get", "install", "-y", "-qq", "shellcheck"], check=True, capture_output=True)
    done = subprocess.run(["shellcheck", INSTALL_TOOLS], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout
