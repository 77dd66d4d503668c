"""A process that measures starts from one list of variables, whatever the user's shell sets."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from twinproof.environments import variables as listed
from twinproof.environments.variables import clean, for_containers, let_through

# Variables that were found to change results, and more of each kind.
FOREIGN = {
    "BLIS_NUM_THREADS": "2", "CUDA_LAUNCH_BLOCKING": "1", "GIT_DIR": "/nowhere", "KERAS_BACKEND": "torch",
    "KERAS_FLOATX": "float64", "KERAS_HOME": "/nowhere", "KERAS_MAX_STEPS_PER_EPOCH": "3", "LANG": "de_DE.UTF-8",
    "LC_NUMERIC": "de_DE.UTF-8", "LD_BIND_NOW": "1", "LD_LIBRARY_PATH": "/nowhere", "MALLOC_PERTURB_": "3",
    "MKL_CBWR": "COMPATIBLE", "NVIDIA_TF32_OVERRIDE": "0", "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3",
    "PYTHONHASHSEED": "7", "PYTHONMALLOC": "debug", "PYTHONOPTIMIZE": "2", "PYTHONWARNINGS": "ignore",
    "SLURM_JOB_ID": "1", "TF_DETERMINISTIC_OPS": "1", "TF_ENABLE_ONEDNN_OPTS": "0", "TF_USE_LEGACY_KERAS": "1",
    "TWINPROOF_BUILD": "forged", "TWINPROOF_COMMIT": "forged", "TWINPROOF_LOCK": "forged", "TZ": "Asia/Tokyo",
    "USER": "somebody", "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
}  # fmt: skip
OF_THE_MACHINE = {
    "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
    "CUDA_VISIBLE_DEVICES": "",
    "OPENBLAS_CORETYPE": "Haswell",
    "OPENBLAS_L2_SIZE": "512",
}
TOLD = {"CUDA_CACHE_PATH", "PATH", "PYTHONPATH", "TWINPROOF_COMMIT", "TWINPROOF_COMMIT_MISSING"}
# Python imports this module when it starts.
TELL_WHEN_STARTED = """
import json, os, sys
if "twinproof" in sys._xoptions:
    print(json.dumps({"variables": dict(os.environ), "arguments": sys.orig_argv[1:]}), flush=True)
    os._exit(0)
"""
APART = """
import json, os
from twinproof.measured.probes.apart import Apart
from twinproof.environments.variables import enter

def variables():
    return dict(os.environ)

if __name__ == "__main__":
    enter("apart_from_here")
    import apart_from_here
    print(json.dumps({"variables": Apart(60).run(apart_from_here.variables)["result"]}))
"""


def start(folder: Path, module: str, *arguments: str) -> Any:
    """Run a module of this folder or of twinproof as from a user's shell; return what it prints."""
    shell = {**os.environ, **FOREIGN, **OF_THE_MACHINE, "TMPDIR": str(folder), "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**shell, "PYTHONPATH": os.pathsep.join(map(str, (REPOSITORY / "src", folder)))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def is_the_list(variables: dict[str, str]) -> None:
    assert variables.keys() - TOLD == {*listed.FIXED, *OF_THE_MACHINE, "TMPDIR"}
    assert variables.items() >= (listed.FIXED | OF_THE_MACHINE).items()
    assert not {"forged", "/nowhere"} & set(variables.values())


@pytest.mark.parametrize("module", ["run_trial", "run_batch", "write_models", "inside"])
def test_what_runs_in_an_environment_starts_from_the_list_and_nothing_else(module: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(TELL_WHEN_STARTED)
    started = start(tmp_path, f"twinproof.measured.{module}", "--environment", "tf 2", "")
    is_the_list(started["variables"])
    assert started["variables"]["TMPDIR"] == str(tmp_path)
    assert started["variables"]["CUDA_CACHE_PATH"] == f"{tmp_path}/.nv/ComputeCache"
    assert started["arguments"] == [
        "-X",
        "twinproof",
        "-m",
        f"twinproof.measured.{module}",
        "--environment",
        "tf 2",
        "",
    ]


def test_a_process_that_a_trial_starts_has_the_list_too(tmp_path: Path) -> None:
    (tmp_path / "apart_from_here.py").write_text(APART)
    is_the_list(start(tmp_path, "apart_from_here")["variables"])


def test_in_an_image_variables_of_the_runtime_and_the_image_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = FOREIGN | OF_THE_MACHINE | {"TMPDIR": "/scratch"}
    assert let_through(variables) == OF_THE_MACHINE | {"TMPDIR": "/scratch"}
    assert not {"TWINPROOF_LOCK", "TWINPROOF_BUILD"} & clean(variables).keys()
    (tmp_path / "lock.txt").touch()
    monkeypatch.setattr(listed, "LOCK_OF_IMAGE", tmp_path / "lock.txt")
    assert let_through(variables) == OF_THE_MACHINE | {"LD_LIBRARY_PATH": "/nowhere"}
    assert clean(variables).items() >= {"TWINPROOF_LOCK": "forged", "TWINPROOF_BUILD": "forged"}.items()


def test_a_venv_keeps_only_the_library_folder_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed.sysconfig, "get_config_var", {"LIBDIR": "/opt/python/lib"}.get)
    assert let_through({"LD_LIBRARY_PATH": "/opt/cuda/lib:/opt/python/lib"}) == {"LD_LIBRARY_PATH": "/opt/python/lib"}
    assert let_through({"LD_LIBRARY_PATH": "/opt/cuda/lib"}) == {}


def test_a_container_gets_what_a_venv_lets_through_and_the_commit() -> None:
    handed = for_containers(FOREIGN | OF_THE_MACHINE)
    assert handed.keys() == OF_THE_MACHINE.keys() | {"TWINPROOF_COMMIT", "TWINPROOF_COMMIT_MISSING"}
    assert handed.items() >= OF_THE_MACHINE.items()
    assert handed["TWINPROOF_COMMIT"] != "forged"
