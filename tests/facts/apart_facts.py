"""Prints how operations in separate processes end: normally, with an error, killed, hung, or without a result."""

import json
import logging
import os
import signal
import sys
import time
import warnings
from pathlib import Path
from typing import Any

from twinproof.measured.probes.apart import Apart


def well(word: str) -> dict[str, Any]:
    warnings.warn("mind this", stacklevel=1)
    logging.getLogger("absl").warning("and that")
    print("a word for the log")
    Path("left_behind").write_text(word)
    return {"word": word, "folder": str(Path.cwd()), "files": sorted(path.name for path in Path().iterdir())}


def knows() -> dict[str, bool]:
    return {name: name in sys.modules for name in ("keras", "twinproof.measured.twins.simple")}


def fails() -> None:
    raise ValueError(f"in {Path.cwd()} at {object()}")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def aborts() -> None:
    os.abort()


def hangs() -> None:
    time.sleep(600)


def reads() -> dict[str, Any]:
    folders = sorted(path.name for path in Path().iterdir())
    return {"first": Path("data/mnist/README.md").read_text().splitlines()[0], "folders": folders}


def leaves() -> None:
    os._exit(3)


def main() -> None:
    apart = Apart(seconds=30)
    found = {
        operation.__name__: apart.run(operation, *arguments)
        for operation, arguments in (
            (well, ["word"]), (knows, []), (fails, []), (killed, []), (aborts, []), (leaves, []),
        )
    }  # fmt: skip
    start = time.monotonic()
    found["hangs"] = Apart(seconds=1).run(hangs)
    found["waited"] = time.monotonic() - start
    found["reads"] = Apart(seconds=30, files=["data/mnist/README.md"]).run(reads)
    found["well again"] = apart.run(well, "again")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
