"""Files whose time is still to come, as a clock that was set back leaves them behind.

Snakemake goes by the times of files: what is made now of such a file is older than it, and so taken for failed.
"""

import os
import time
from collections.abc import Iterator, Set
from contextlib import suppress
from itertools import chain
from pathlib import Path

# What the workflow reads and writes. Its environments have thousands of files at whose times nobody looks.
SEEN = tuple(map(Path, ("results", "containers", "data", "src", "workflow", "CITATION.cff")))
APART = "venv"
# Nanoseconds: as fine as a time in seconds can still tell apart in a float.
STEP = 1000


def bring_back(seen: Set[Path]) -> int:
    """Give files, and those below folders, whose time is still to come times just past, in order; return how many."""
    now, ahead = time.time_ns(), {}
    # What lies below another of them is walked with it.
    for path in chain.from_iterable(_files(place) for place in seen if seen.isdisjoint(place.parents)):
        # What another run writes may be gone already.
        with suppress(OSError):
            changed = path.lstat().st_mtime_ns
            if changed > now:
                ahead[path] = changed
    times = sorted(set(ahead.values()))
    back = {changed: now - STEP * place for place, changed in enumerate(reversed(times))}
    brought = 0
    for path, changed in ahead.items():
        # Some are another user's: of those Snakemake says itself what it cannot do with them.
        with suppress(OSError):
            os.utime(path, ns=(back[changed], back[changed]), follow_symlinks=False)
            brought += 1
    return brought


def _files(seen: Path) -> Iterator[Path]:
    if seen.is_file():
        yield seen
    for place, names, files in os.walk(seen):
        names[:] = [name for name in names if name != APART]
        yield from (Path(place, name) for name in files)
