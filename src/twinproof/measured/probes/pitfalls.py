"""What happens in the traps that users report?

Each pitfall of the twin is a separate program: it does what its author would do, in its own process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import keras

from twinproof.base.errors import Described
from twinproof.base.styles import PROVEN
from twinproof.measured import pitfalls
from twinproof.measured.probes import Outcome, StyleResult
from twinproof.measured.probes.apart import Apart, Ended
from twinproof.measured.probes.steps import follow
from twinproof.measured.twins import Twin
from twinproof.study.examples import Dataset
from twinproof.study.settings import PitfallsSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Tried(TypedDict):
    """The outcome of a program: the last step that it started, its error, and what it saw."""

    step: str | None
    error: Described | None
    as_expected: bool | None
    what: str | None


_NOT_TRIED: dict[str, Any] = {"step": None, "error": None, "as_expected": None, "what": None, "warnings": []}


def run(twin: Twin, data: Dataset, seed: int, settings: PitfallsSettings) -> Outcome:
    """Run every pitfall of the twin, with the style it belongs to."""
    apart = Apart(settings.time_limit)
    images, labels = examples(data, settings.images)
    cells: dict[str, list[dict[str, Any]]] = {style: [] for style in PROVEN}
    for name in pitfalls.names(twin.name):
        style, cell = examine(apart, twin.name, name, seed, images, labels)
        cells[style].append(cell)
    found: dict[str, StyleResult] = {
        style: {"status": "ok", "result": {"pitfalls": some}} for style, some in cells.items() if some
    }
    return Outcome(list(found), found)


def examples(data: Dataset, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the first training images and their labels, one-hot."""
    return data.train.images[:count], keras.utils.to_categorical(data.train.labels[:count], data.classes)


def examine(
    apart: Apart, twin: str, name: str, seed: int, images: NDArray[Any], labels: NDArray[Any]
) -> tuple[str, dict[str, Any]]:
    """Run one pitfall and its control; return its style and its cell of the record."""
    pitfall = pitfalls.load(twin, name)
    told = {
        "pitfall": pitfall.name,
        "title": pitfall.title,
        "expected": pitfall.expected,
        "references": list(pitfall.references),
        "lacking": list(pitfall.lacking),
    }
    if pitfall.lacking:
        return pitfall.style, {**told, **_NOT_TRIED}
    program, control = (
        _found(apart.run(_try, twin, name, part, seed, images, labels)) for part in ("program", "control")
    )
    return pitfall.style, {**told, **program, "control": {**control, "reason": pitfall.reason(keras.__version__)}}


def _try(twin: str, name: str, part: str, seed: int, images: NDArray[Any], labels: NDArray[Any]) -> Tried:
    """Run in the other process: run the program of a pitfall, or its control."""
    keras.utils.set_random_seed(seed)
    ended = follow(getattr(pitfalls.load(twin, name), part)(images, labels))
    seen = ended["value"]
    return {
        "step": ended["step"],
        "error": ended["error"],
        "as_expected": seen and seen.as_expected,
        "what": seen and seen.what,
    }


def _found(ended: Ended) -> dict[str, Any]:
    """Return what a program saw; for a process that died, only how it ended is known."""
    return {**_NOT_TRIED, **(ended["result"] or {"error": ended["error"]}), "warnings": ended["warnings"]}
