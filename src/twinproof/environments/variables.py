"""The variables of a process that measures: one list, the same in a venv and in an image.

The user's shell must not affect a result, through options of Keras, TensorFlow, XLA, the interpreter, numeric
libraries or the loader. So such a process restarts itself with only this list before it does anything. Standard library
only.
"""

import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from twinproof.base.checkout import find_commit, received_commit

SOURCE = Path(__file__).parents[2]
# Every image has its lock here, and no venv has.
LOCK_OF_IMAGE = Path("/opt/lock.txt")
# An option of the interpreter that marks a process started with the list. No variable can set it.
STARTED = "twinproof"

# Variables of the machine or the job, which are passed through. They are in every record.
LET_THROUGH = (
    # The GPUs that a scheduler, or the user, gives this process.
    "CUDA_DEVICE_ORDER",
    "CUDA_VISIBLE_DEVICES",
    # OpenBLAS may not know a processor, and then computes slowly or wrongly. The user of the machine can name it.
    "OPENBLAS_CORETYPE",
    "OPENBLAS_L2_SIZE",
)
FIXED = {
    "LC_ALL": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONSAFEPATH": "1",
}
# Options of the interpreter that change no result.
KEPT_BY_JOBS = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def enter(module: str) -> None:
    """Restart this process as `python -m module` with the clean list of variables, unless that has been done."""
    if STARTED in sys._xoptions:
        return
    commit = received_commit(os.environ) if in_image() else find_commit()
    variables = clean(os.environ) | commit.variables()
    os.execve(sys.executable, [sys.executable, "-X", STARTED, "-m", module, *sys.argv[1:]], variables)  # noqa: S606


def clean(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a process that measures, given the variables that are set."""
    built = ("TWINPROOF_LOCK", "TWINPROOF_BUILD") if in_image() else ()
    return {
        **FIXED,
        **{name: variables[name] for name in built if name in variables},
        "PATH": f"{Path(sys.executable).parent}:{PROGRAMS}",
        # Relative, because an absolute path may contain a colon.
        "PYTHONPATH": f"{os.path.relpath(SOURCE)}:.",
        **_compiled_kernels(variables),
        **let_through(variables),
    }


def let_through(variables: Mapping[str, str]) -> dict[str, str]:
    """Return those of these variables that are passed through."""
    kept = {name: variables[name] for name in LET_THROUGH if name in variables}
    # An image has its own folder for temporary files.
    if "TMPDIR" in variables and not in_image():
        kept["TMPDIR"] = variables["TMPDIR"]
    if libraries := _libraries(variables.get("LD_LIBRARY_PATH", "")):
        kept["LD_LIBRARY_PATH"] = libraries
    return kept


def prepare_jobs() -> None:
    """Make the jobs of a workflow that this process starts use this code and the programs of this process's venv.

    They get no interpreter options from the user's shell: with PYTHONOPTIMIZE=2, there would be no figures.
    """
    for name in list(os.environ):
        if name.startswith("PYTHON") and name not in KEPT_BY_JOBS:
            del os.environ[name]
    for name, first in (("PYTHONPATH", str(SOURCE)), ("PATH", str(Path(sys.executable).parent))):
        others = filter(None, os.environ.get(name, "").split(os.pathsep))
        os.environ[name] = os.pathsep.join(dict.fromkeys([first, *others]))


def in_image() -> bool:
    """Return whether this process runs in an image that `containers/build` made."""
    return LOCK_OF_IMAGE.exists()


def for_containers(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a container gets; it sees no other of the user's."""
    return {name: variables[name] for name in LET_THROUGH if name in variables} | find_commit().variables()


def _libraries(folders: str) -> str:
    """Return which of these library folders are passed through.

    In an image, all of them: its runtime puts the driver of the GPU there. In a venv, only that of Python's own
    library: some builds of Python do not start without it.
    """
    if in_image():
        return folders
    own = sysconfig.get_config_var("LIBDIR")
    return own if own in folders.split(":") else ""


def _compiled_kernels(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the folder of CUDA's cache, which may take half an hour to fill: in the home, as without this variable."""
    if not variables.get("HOME"):
        return {}
    return {"CUDA_CACHE_PATH": variables.get("CUDA_CACHE_PATH") or f"{variables['HOME']}/.nv/ComputeCache"}


def hand_to_containers(variables: Mapping[str, str]) -> None:
    """Pass these variables on to the containers that this process starts, whichever program runs them."""
    for prefix in ("APPTAINERENV_", "SINGULARITYENV_"):
        os.environ.update({prefix + name: value for name, value in variables.items()})
