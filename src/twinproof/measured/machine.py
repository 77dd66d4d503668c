"""Facts about the machine, as seen from inside the process that measures."""

from __future__ import annotations

import ctypes
import importlib.metadata
import os
import platform
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

import twinproof
from twinproof.base.errors import UserError
from twinproof.environments.environment import Environment


def pin_threads(threads: int) -> None:
    """Make every numeric library that is imported from now on use this many processor threads."""
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "PJRT_NPROC"):
        os.environ[variable] = str(threads)


def pin_cores(cores: int) -> list[int]:
    """Pin this process, and every thread it starts from now on, to the last of the cores it may use; return these.

    With threads that move between cores, including those of the input pipeline, times varied five times as much.
    """
    chosen = sorted(os.sched_getaffinity(0))[-cores:]
    os.sched_setaffinity(0, chosen)
    return chosen


class Machine(TypedDict):
    """The hardware and system of the machine. Memory is in bytes; `cores` are those this process may use."""

    host: str
    system: str
    processor: str
    cores: int
    memory: int


class Conditions(TypedDict):
    """The state of a machine at one moment.

    `load` is the mean number of runnable processes over the last minute, `stolen` the processor time in seconds that
    the host took, since it started, from the cores that this process may use, and `megahertz` the mean frequency of
    all cores, None where it is not known.
    """

    load: float
    stolen: float
    megahertz: float | None


class Gpus(TypedDict):
    """The names of the GPUs that the driver shows, and why there are none."""

    names: list[str]
    fault: str | None


def machine() -> Machine:
    """Return the hardware and system of the machine."""
    import psutil

    return {
        "host": platform.node(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory": psutil.virtual_memory().total,
    }


def conditions() -> Conditions:
    """Return the state of the machine at this moment."""
    import psutil

    own = os.sched_getaffinity(0)
    cores = [times for core, times in enumerate(psutil.cpu_times(percpu=True)) if core in own]
    frequency = psutil.cpu_freq()
    return {
        "load": os.getloadavg()[0],
        "stolen": sum(float(getattr(core, "steal", 0.0)) for core in cores),
        "megahertz": frequency.current if frequency else None,
    }


def taken_by_others(cores: Iterable[int]) -> float:
    """Return the processor time in seconds that others, including the host, took from these cores.

    It counts from a moment in the past: only differences are meaningful.
    """
    import psutil

    every = psutil.cpu_times(percpu=True)
    kinds = ("user", "nice", "system", "irq", "softirq", "steal")
    used = sum(float(getattr(every[core], kind, 0.0)) for core in cores for kind in kinds)
    return used - time.process_time()


def software(environment: Environment) -> dict[str, str]:
    """Return the version of each package that the environment's lock pins, of Python and of twinproof.

    Raises
    ------
    UserError
        If a package is missing or has another version: then this is not the environment of the lock.
    """
    versions = {}
    for name, expected in environment.pinned().items():
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "missing"
        if versions[name] != expected:
            raise UserError(
                f"environment {environment.name}: {name} is {versions[name]}, but {environment.lock} says {expected}; "
                f"remove {environment.folder} and run again"
            )
    return {"python": platform.python_version(), "twinproof": twinproof.__version__, **versions}


def image(environment: Environment) -> str | None:
    """Return the digest of the image that this process runs in, None outside one.

    Raises
    ------
    UserError
        If the image was built from another lock than the environment's, or does not match its description.
    """
    # Both are written into the image when it is built.
    lock, build = os.environ.get("TWINPROOF_LOCK"), os.environ.get("TWINPROOF_BUILD")
    if lock is None:
        return None
    described = environment.image()
    if lock != environment.lock_digest():
        fault = f"was built from a lock with the SHA-256 {lock[:12]}, but {environment.lock} has "
        fault += environment.lock_digest()[:12]
    elif described is None or described["build"] != build:
        fault = f"is not the one that {environment.image_mark} describes"
    else:
        return str(described["image"])
    raise UserError(
        f"environment {environment.name}: this image {fault}; remove {environment.image_mark} and run again"
    )


def gpus() -> Gpus:
    """Ask the driver for its GPUs."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        return {"names": [], "fault": f"no driver: {error}"}
    count, name = ctypes.c_int(), ctypes.create_string_buffer(256)
    for call, arguments in ((cuda.cuInit, [0]), (cuda.cuDeviceGetCount, [ctypes.byref(count)])):
        if status := call(*arguments):
            word = ctypes.c_char_p()
            cuda.cuGetErrorName(status, ctypes.byref(word))
            return {"names": [], "fault": f"{call.__name__}: {(word.value or b'error').decode()} ({status})"}
    names = []
    for index in range(count.value):
        device = ctypes.c_int()
        cuda.cuDeviceGet(ctypes.byref(device), index)
        cuda.cuDeviceGetName(name, len(name), device)
        names.append(name.value.decode())
    return {"names": names, "fault": None if names else "the driver shows none"}


def _processor() -> str:
    # py-cpuinfo gives more details, but takes 1.2 s of processor time in every trial.
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()
