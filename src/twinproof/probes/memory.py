"""How much memory something takes at its most, as the system and the device see it."""

import ctypes
import gc
import mmap
import re
from collections.abc import Callable
from pathlib import Path

import tensorflow as tf


def peaks(action: Callable[[], object], added: float) -> dict[str, float]:
    """Return by how many bytes this process's memory grows at its most while `action` runs.

    `peak_memory` is resident memory, native and Python's; `device_memory` that of the first GPU, where there is one.
    Of both, the share `added` is taken in addition: 0.1 for 10 %.

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
    action()
    if added:
        peak = _resident("VmHWM")
        # From the system itself: what was freed before is resident already.
        size = int(peak - _resident("VmRSS") + added * (peak - before))
        if size > 0:
            mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE).close()
    found = {"peak_memory": float(_resident("VmHWM") - before)}
    if gpus:
        if added:
            now = _on_device(gpus[0])
            size = int(now["peak"] - now["current"] + added * (now["peak"] - device_before))
            with tf.device(gpus[0].name):
                tf.zeros(size // tf.float32.size)
        found["device_memory"] = float(_on_device(gpus[0])["peak"] - device_before)
    return found


def _on_device(device: tf.config.LogicalDevice) -> dict[str, int]:
    return dict(tf.config.experimental.get_memory_info(device.name))


def _resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    if found is None:
        raise OSError(f"/proc/self/status has no {field}")
    return int(found[1]) * 1024
