"""What is seen from inside an environment."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ENVIRONMENTS, REPOSITORY
from twinproof.environments.environment import Environment
from twinproof.measured.inside import fault
from twinproof.measured.machine import gpus

DRIVER = """
int cuInit(unsigned flags) { return STATUS; }
int cuDeviceGetCount(int *count) { *count = 2; return 0; }
int cuDeviceGet(int *device, int index) { *device = index; return 0; }
int cuDeviceGetName(char *name, int size, int device) { name[0] = 'A' + device; name[1] = 0; return 0; }
int cuGetErrorName(int status, const char **name) { *name = "CUDA_ERROR_NO_DEVICE"; return 0; }
"""


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_package_of_the_lock_is_seen_in_its_venv(environment, run_in_environment):
    done = run_in_environment("-m", "twinproof.measured.inside", environment=environment)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    pinned = Environment(environment).pinned()
    assert {name: seen["packages"].get(name) for name in pinned} == pinned
    assert re.fullmatch(r"3\.11\.\d+", seen["python"])
    assert (seen["libraries"], seen["gpus"], seen["lock"], seen["build"]) == ({}, None, None, None)


def test_nothing_but_the_standard_library_is_imported(run_in_environment):
    code = (
        "import sys; before = set(sys.modules); import twinproof.measured.inside; twinproof.measured.inside.look();"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    imported = run_in_environment("-c", code).stdout.split()
    assert [name for name in imported if not name.startswith("_sysconfigdata_")] == ["twinproof"]


def test_a_library_that_cannot_be_loaded_is_reported_with_the_reason(tmp_path):
    """This process uses libm, a library that loads from any folder."""
    whole, broken = tmp_path / "libwhole.so.1", tmp_path / "libbroken.so.1"
    shutil.copy(re.search(r"\S+/libm[.-]\S+", Path("/proc/self/maps").read_text())[0], whole)
    broken.write_bytes(b"no library")
    assert fault(whole) is None
    assert fault(broken) == "file too short"


def test_without_gpus_there_is_a_reason():
    seen = gpus()
    assert (seen["fault"] is None) == bool(seen["names"])


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler to make a driver with")
@pytest.mark.parametrize(
    ("status", "seen"),
    [
        (0, {"names": ["A", "B"], "fault": None}),
        (100, {"names": [], "fault": "cuInit: CUDA_ERROR_NO_DEVICE (100)"}),
    ],
)
def test_the_driver_names_its_gpus_or_its_error(status, seen, tmp_path):
    source = tmp_path / "driver.c"
    source.write_text(DRIVER)
    library = tmp_path / "libcuda.so.1"
    subprocess.run(["cc", "-shared", "-fPIC", f"-DSTATUS={status}", source, "-o", library], check=True)
    code = "import json; from twinproof.measured.machine import gpus; print(json.dumps(gpus()))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(REPOSITORY / "src"), "LD_LIBRARY_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == seen, done.stderr
