"""How much memory something takes at its most, as the system and the device see it."""

import ctypes
import gc
import mmap
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorflow as tf

# Python 3.9 does not know its name; this is what Linux on x86 and ARM calls it.
_POPULATE = getattr(mmap, "MAP_POPULATE", 0x8000)


def peaks(action: Callable[[], object], beside: int = 0, beside_on_device: int = 0) -> dict[str, float]:
    """Return by how many bytes this process's memory grows at its most while `action` runs.

    `peak_memory` is resident memory, native and Python's; `device_memory` that of the first GPU, where there is one.
    So many bytes are held `beside` it from begin to end.

    Raises
    ------
    OSError
        If the system does not let a process reset its own peak (Linux does).
    """
    gpus = tf.config.list_logical_devices("GPU")
    # What others have left behind would else be used again, unseen.
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = _resident("VmRSS")
    if gpus:
        tf.config.experimental.reset_memory_stats(gpus[0].name)
        device_before = _on_device(gpus[0])["current"]
        with tf.device(gpus[0].name):
            held = [tf.zeros(beside_on_device // tf.float32.size)] if beside_on_device else []
    with _held(beside):
        action()
        found = {"peak_memory": float(_resident("VmHWM") - before)}
    if gpus:
        found["device_memory"] = float(_on_device(gpus[0])["peak"] - device_before)
        held.clear()
    return found


@contextmanager
def _held(size: int) -> Iterator[None]:
    """Hold so many bytes from the system itself: what was freed before is resident already."""
    if not size:
        yield
        return
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _POPULATE):
        yield


def _on_device(device: tf.config.LogicalDevice) -> dict[str, int]:
    return dict(tf.config.experimental.get_memory_info(device.name))


def _resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise OSError(f"/proc/self/status has no {field}")
    return int(found[1]) * 1024
