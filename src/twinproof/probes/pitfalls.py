"""What happens in the traps that users report?

Each pitfall of the twin is a program of its own: it does what its author would do, in a process of its own.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import keras

from twinproof import pitfalls
from twinproof.data import Dataset
from twinproof.probes import Outcome
from twinproof.probes.apart import Apart
from twinproof.probes.steps import follow
from twinproof.styles import STYLES
from twinproof.twins import Twin

if TYPE_CHECKING:
    from numpy.typing import NDArray


def run(
    twin: Twin, data: Dataset, seed: int, settings: dict[str, Any], progress: Callable[[float, str], None]
) -> Outcome:
    """Run every pitfall of the twin, with the style it belongs to; `settings` has images and time_limit."""
    apart = Apart(settings["time_limit"])
    count = settings["images"]
    images = data.train.images[:count]
    labels = keras.utils.to_categorical(data.train.labels[:count], data.classes)
    names = pitfalls.names(twin.name)
    cells: dict[str, list[dict[str, Any]]] = {style: [] for style in STYLES}
    for done, name in enumerate(names):
        progress(done / len(names), name)
        pitfall = pitfalls.load(twin.name, name)
        ended = apart.run(_try, twin.name, name, seed, images, labels)
        cells[pitfall.style].append(_cell(pitfall, ended))
    found = {style: {"status": "ok", "result": {"pitfalls": some}} for style, some in cells.items() if some}
    return Outcome(list(found), found)


def _try(twin: str, name: str, seed: int, images: "NDArray[Any]", labels: "NDArray[Any]") -> dict[str, Any]:
    """Run in the other process: follow the program of a pitfall."""
    keras.utils.set_random_seed(seed)
    ended = follow(pitfalls.load(twin, name).program(images, labels))
    seen = ended.pop("value")
    return {**ended, "as_expected": seen and seen.as_expected, "what": seen and seen.what}


def _cell(pitfall: pitfalls.Pitfall, ended: dict[str, Any]) -> dict[str, Any]:
    """Return a pitfall's cell of the record; of a process that died there is but the way it ended."""
    found = ended["result"] or {"step": None, "error": ended["error"], "as_expected": None, "what": None}
    return {
        "pitfall": pitfall.name,
        "title": pitfall.title,
        "expected": pitfall.expected,
        "references": list(pitfall.references),
        **found,
        "warnings": ended["warnings"],
    }
