"""The peak memory of an action, as reported by the system and the device."""

import ctypes
import gc
import mmap
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from twinproof.measured.backend import DeviceMemory

# Python 3.9 has no name for it; this is its number in Linux on x86 and ARM.
_POPULATE = getattr(mmap, "MAP_POPULATE", 0x8000)


def peaks(action: Callable[[], object], beside: int = 0, beside_on_device: int = 0) -> dict[str, float]:
    """Return the peak growth in bytes of this process's memory while `action` runs.

    `peak_memory` is resident memory, native and Python's; `device_memory` is that of the first GPU, if there is one and
    its backend reports it. During the action, `beside` extra bytes are held.

    Raises
    ------
    OSError
        If the system does not let a process reset its own peak (Linux does).
    """
    # Otherwise memory that others have freed would be used again, unnoticed.
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    on_device = DeviceMemory.of_first_gpu(beside_on_device)
    with _held(beside):
        action()
        found = {"peak_memory": float(_resident("VmHWM") - before)}
    if on_device:
        found["device_memory"] = float(on_device.grown())
    return found


@contextmanager
def _held(size: int) -> Iterator[None]:
    """Hold this many bytes directly from the system: freed memory is already resident."""
    if not size:
        yield
        return
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _POPULATE):
        yield


def _resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise OSError(f"/proc/self/status has no {field}")
    return int(found[1]) * 1024
