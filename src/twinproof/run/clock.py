"""Files whose time is still to come, as a clock that was set back leaves them behind.

Snakemake goes by the times of files: what is made now of such a file is older than it, and so taken for failed.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path

# What the workflow reads and writes. Its environments have thousands of files at whose times nobody looks.
FOLDERS = (Path("results"), Path("containers"), Path("data"), Path("src"), Path("workflow"))
APART = "venv"
# Nanoseconds: as fine as a time in seconds can still tell apart in a float.
STEP = 1000


def bring_back(folders: Iterable[Path]) -> int:
    """Give the files below folders whose time is still to come times just past, in their order; return how many."""
    now, ahead = time.time_ns(), {}
    for folder in folders:
        for place, names, files in os.walk(folder):
            names[:] = [name for name in names if name != APART]
            for path in (Path(place, name) for name in files):
                changed = path.lstat().st_mtime_ns
                if changed > now:
                    ahead[path] = changed
    times = sorted(set(ahead.values()))
    back = {changed: now - STEP * place for place, changed in enumerate(reversed(times))}
    for path, changed in ahead.items():
        os.utime(path, ns=(back[changed], back[changed]), follow_symlinks=False)
    return len(ahead)
