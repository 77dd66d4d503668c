"""Observations on disk, so that only one of them is in memory at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from twinproof.proof.observing import Observation
from twinproof.proof.result import Stage

Entry = tuple[str, str, list[str]]


class Recording:
    """Observations in a folder: a temporary one, removed afterwards, or a given one."""

    def __init__(self, folder: Path | None = None, index: Iterable[Entry] = ()) -> None:
        self._folder = folder or Path(tempfile.mkdtemp(prefix="twinproof-"))
        self.index = list(index)

    def add(self, observations: Iterable[Observation]) -> Recording:
        """Write observations down."""
        self._folder.mkdir(exist_ok=True)
        for one in observations:
            np.savez(self._folder / f"{len(self.index)}.npz", *one.arrays.values())
            self.index.append((str(one.stage), one.where, list(one.arrays)))
        return self

    def __iter__(self) -> Iterator[Observation]:
        for number, (stage, where, names) in enumerate(self.index):
            with np.load(self._folder / f"{number}.npz", allow_pickle=False) as arrays:
                yield Observation(Stage(stage), where, {name: arrays[f"arr_{i}"] for i, name in enumerate(names)})

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


def kept(observations: Iterable[Observation], steps: int) -> Iterator[Observation]:
    """Yield the observations that a recording keeps: of the training steps, only the first and the last."""
    for one in observations:
        if one.stage != Stage.STEPS or one.where in ("step 1", f"step {steps}"):
            yield one
