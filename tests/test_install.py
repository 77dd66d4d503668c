"""Set-up uses the settings of pip and uv that say where packages come from, and none that put them elsewhere."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from .conftest import REPOSITORY

SCRIPT = REPOSITORY / "workflow" / "install.py"
SOURCES = {
    "PIP_CERT": "ca", "PIP_DEFAULT_TIMEOUT": "9", "PIP_EXTRA_INDEX_URL": "b", "PIP_FIND_LINKS": "c",
    "PIP_INDEX_URL": "a", "PIP_NO_INDEX": "1", "PIP_PROXY": "p", "PIP_TRUSTED_HOST": "h",
    "SSL_CERT_FILE": "ca", "UV_CACHE_DIR": "e", "UV_DEFAULT_INDEX": "a", "UV_FIND_LINKS": "c", "UV_INDEX": "b",
    "UV_INDEX_OURS_PASSWORD": "s", "UV_NATIVE_TLS": "1",
    "UV_OFFLINE": "1", "https_proxy": "p",
}  # fmt: skip
OTHERS = {
    "PIP_CONSTRAINT": "x", "PIP_NO_BINARY": ":all:", "PIP_NO_DEPS": "1", "PIP_PREFIX": "x", "PIP_PYTHON": "x",
    "PIP_REQUIRE_VIRTUALENV": "1", "PIP_ROOT": "x", "PIP_TARGET": "x", "PIP_USER": "1", "PYTHONHOME": "x",
    "PYTHONPATH": "x", "PYTHONUSERBASE": "x", "UV_CONSTRAINT": "x", "UV_EXCLUDE_NEWER": "2020-01-01",
    "UV_NO_BINARY": "1", "UV_PROJECT_ENVIRONMENT": "x", "UV_PYTHON": "3.9", "UV_SYSTEM_PYTHON": "1",
}  # fmt: skip
PIP = """#!/bin/sh
# Prints the settings of its files, or installs uv as pip does, and nothing more.
if [ "$1" = config ]; then
    printf "%s\\n" "global.target='/elsewhere'" "global.index-url='https://example.org/simple'" "install.user='true'"
    exit
fi
env > said.txt
[ -z "$PIP_TARGET$NOTHING" ] || exit 0
printf '#!/bin/sh\\n' > .venv/bin/uv
chmod +x .venv/bin/uv
"""
PYTHON = f"""#!/bin/sh
# Makes a venv that contains only the pip above.
[ "$1" = -m ] || exec {sys.executable} "$@"
mkdir -p .venv/bin && cp pip .venv/bin/pip
"""


@pytest.fixture(scope="module")
def install() -> Any:
    specification = importlib.util.spec_from_file_location("install", SCRIPT)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_only_variables_that_say_where_packages_come_from_count(install: Any) -> None:
    assert install.kept(SOURCES | OTHERS | {"PATH": "/bin"}) == SOURCES | {"PATH": "/bin"}


def test_a_command_sees_only_the_package_sources_in_uvs_files(tmp_path: Path) -> None:
    settings = tmp_path / "uv" / "uv.toml"
    settings.parent.mkdir()
    settings.write_text(
        'find-links = ["/wheels"]\nnative-tls = true\nexclude-newer = "2020-01-01"\n'
        '[[index]]\nname = "ours"\nurl = "https://example.org/\\u00fc"\ndefault = true\n'
        '[pip]\ntarget = "/elsewhere"\nno-index = true\n'
    )
    tell = "import os; print(open(os.environ['UV_CONFIG_FILE']).read())"
    told = subprocess.run(
        [sys.executable, SCRIPT, sys.executable, "-c", tell],
        env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    index = {"name": "ours", "url": "https://example.org/\u00fc", "default": True}
    expected = {"find-links": ["/wheels"], "native-tls": True, "index": [index], "no-index": True}
    assert expected.items() <= tomllib.loads(told).items()
    assert not {"target", "pip", "exclude-newer"} & tomllib.loads(told).keys()


def test_the_exit_status_is_that_of_the_command() -> None:
    command = [sys.executable, SCRIPT, sys.executable, "-c", "raise SystemExit(3)"]
    assert subprocess.run(command).returncode == 3


def test_without_a_home_uv_caches_no_downloads() -> None:
    tell = "import json, os; print(json.dumps(dict(os.environ)))"
    outside = {key: value for key, value in os.environ.items() if key not in ("XDG_CACHE_HOME", "UV_CACHE_DIR")}
    command = [sys.executable, SCRIPT, sys.executable, "-c", tell]
    told = subprocess.run(command, env={**outside, "HOME": "/proc/nobody"}, capture_output=True, text=True, check=True)
    assert json.loads(told.stdout)["UV_NO_CACHE"] == "1"


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    """A folder in which `make` sets up a venv with programs that stand in for Python and pip."""
    for file in ("Makefile", "workflow/install.py", "workflow/uv.txt"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / file, tmp_path / file)
    for name, content in {"python": PYTHON, "pip": PIP}.items():
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    return tmp_path


def make(folder: Path, **variables: str) -> int:
    command = ["make", "PYTHON=./python", ".venv/bin/uv"]
    return subprocess.run(command, cwd=folder, env={**os.environ, **variables}).returncode


def test_a_python_other_than_that_of_the_locks_is_refused(setup: Path, capfd: pytest.CaptureFixture[str]) -> None:
    old = f"""#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = (3, 9, 18); $2"\n"""
    (setup / "python").write_text(old)
    assert make(setup) != 0
    assert "error: ./python is Python 3.9, the locks are for 3.11" in capfd.readouterr().err
    assert not (setup / ".venv").exists()


def test_settings_that_put_packages_elsewhere_do_not_reach_the_set_up(setup: Path) -> None:
    assert make(setup, PIP_TARGET="/elsewhere", PIP_USER="1", PIP_REQUIRE_VIRTUALENV="1", PIP_CERT="/ca") == 0
    assert subprocess.run([setup / ".venv/bin/uv"]).returncode == 0
    said = dict(line.split("=", 1) for line in (setup / "said.txt").read_text().splitlines() if "=" in line)
    assert {name for name in said if name.startswith("PIP_")} <= {
        "PIP_CERT", "PIP_CONFIG_FILE", "PIP_DEFAULT_TIMEOUT", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_FIND_LINKS",
        "PIP_INDEX_URL",
    }  # fmt: skip
    assert said["PIP_INDEX_URL"] == "https://example.org/simple"
    assert said["PIP_CERT"] == "/ca"


def test_a_step_that_installs_nothing_leaves_no_target_and_the_next_one_repairs_it(setup: Path) -> None:
    assert make(setup, NOTHING="1") != 0
    assert not (setup / ".venv/bin/uv").exists()
    assert make(setup) == 0
