"""Can a record be true? Its parts are compared with each other, and with its protocol.

A digest reveals an edit, not a forgery: anyone who edits a record can compute a new digest. The values checked here
follow from other parts of the record, so that a forger would have to change all of them consistently.
"""

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from twinproof.base.errors import shown
from twinproof.base.styles import CONTROLS_OF, PROVEN
from twinproof.base.words import GraphOutcome, Identity
from twinproof.study.record import Record
from twinproof.study.seed import derive_seed

# The participants of a probe that are not styles.
BESIDE = {
    **CONTROLS_OF,
    "serialization": ("naive",),
    "exchange": ("naive",),
}
# The settings of a probe that are read here.
ASKED = {"identity": ("steps",), "learning": ("epochs",)}
# Keras counts in float32: a share of n examples is a whole number over n, except for rounding.
ROUNDING = 2**-22
MEMORY = ("peak_memory", "device_memory")

Result = dict[str, Any]


def contradictions(record: Record) -> Iterator[str]:
    """Yield the contradictions in a record that satisfies the schema: the place, the value, and the expected value."""
    yield from _participants(record)
    try:
        datetime.fromisoformat(record["started"])
    except ValueError:
        yield f"started: {shown(record['started'])} is not a time"
    settings = record["protocol"]["probe"]
    for key in ASKED.get(record["probe"], ()):
        if isinstance(settings.get(key), bool) or not isinstance(settings.get(key), int | float):
            yield f"protocol.probe.{key}: {shown(settings.get(key))}; allowed: a number"
            return
    check = _PROBES.get(record["probe"])
    if check is not None:
        yield from check(record, _results(record))


def shares_of(record: Record, train: int, test: int) -> Iterator[str]:
    """Yield the accuracies of a record that are not shares of these numbers of training images or test images."""
    if record["probe"] == "learning":
        train = min(train, record["protocol"]["probe"].get("images", train))
        for style, result in _classifiers(_results(record)):
            yield from _share(f"styles.{style}.result.test_accuracy", result["test_accuracy"], test)
            for number, epoch in enumerate(result["epochs"]):
                yield from _share(f"styles.{style}.result.epochs.{number}.accuracy", epoch["accuracy"], train)


def foreign(record: Record) -> Iterator[str]:
    """Yield the statements of a record about its trial that contradict its own protocol."""
    protocol = record["protocol"]
    for key, planned in (
        ("environment", protocol["environment"]),
        ("twin", protocol["twin"]["name"]),
        ("probe", protocol["probe"]["name"]),
        ("seed", derive_seed(protocol["study_seed"], record["twin"], record["replicate"])),
    ):
        if record[key] != planned:
            yield f"{key}: {shown(record[key])}; its protocol says {shown(planned)}"
    threads = protocol["probe"].get("threads")
    if threads is not None and record["machine"]["threads"] != threads:
        yield f"machine.threads: {record['machine']['threads']}; its protocol says {threads}"


def _participants(record: Record) -> Iterator[str]:
    styles, beside = record["styles"], BESIDE.get(record["probe"], ())
    allowed = [*PROVEN, *beside]
    for style in styles:
        if style not in allowed:
            yield f"styles: {shown(style)}; allowed for {record['probe']}: {', '.join(allowed)}"
    if sorted(record["order"]) != sorted(styles):
        yield f"order: {shown(record['order'])}; the styles are {shown(sorted(styles))}"


def _results(record: Record) -> dict[str, Result]:
    return {style: found["result"] for style, found in record["styles"].items() if found["status"] == "ok"}


def _learning(record: Record, results: dict[str, Result]) -> Iterator[str]:
    settings, validation = record["protocol"]["probe"], record["protocol"]["data"]["validation"]
    for style, result in results.items():
        where, epochs = f"styles.{style}.result", result["epochs"]
        if len(epochs) != settings["epochs"]:
            yield f"{where}.epochs: {len(epochs)} of them; its protocol says {settings['epochs']}"
        if result["weights"] != epochs[-1]["weights"]:
            yield f"{where}.weights: not those after the last epoch"
        if not math.isclose(result["seconds"], sum(epoch["seconds"] for epoch in epochs), rel_tol=1e-6):
            yield f"{where}.seconds: {result['seconds']}; its epochs took {sum(epoch['seconds'] for epoch in epochs)}"
    for style, result in _classifiers(results):
        for number, epoch in enumerate(result["epochs"]):
            where = f"styles.{style}.result.epochs.{number}.validation_accuracy"
            yield from _share(where, epoch["validation_accuracy"], validation)
    together = sum(result["seconds"] for result in results.values())
    if together > record["seconds"]:
        yield f"seconds: {record['seconds']}; its styles took {together}"


def _classifiers(results: dict[str, Result]) -> Iterator[tuple[str, Result]]:
    """Yield the styles whose accuracy is the share of correctly classified images, as in the default task."""
    yield from ((style, result) for style, result in results.items() if "metric" not in result)


def _share(where: str, value: float, count: int) -> Iterator[str]:
    # 0 images mean that the number is unknown.
    if count and abs(value * count - round(value * count)) > max(count * ROUNDING, 1e-6):
        yield f"{where}: {value} is not a share of {count} images"


def _identity(record: Record, results: dict[str, Result]) -> Iterator[str]:
    settings, functional = record["protocol"]["probe"], results.get("functional")
    for style, result in results.items():
        where, comparison = f"styles.{style}.result", result.get("comparison")
        # A proof ends where it finds a difference.
        ended = comparison is not None and comparison["outcome"] == Identity.DIFFERENT and not result["steps"]
        if len(result["steps"]) != settings["steps"] and not ended:
            yield f"{where}.steps: {len(result['steps'])} of them; its protocol says {settings['steps']}"
        if result["parameters"] != (count := sum(math.prod(shape) for shape in result["variables"].values())):
            yield f"{where}.parameters: {result['parameters']}; its variables have {shown(count)}"
        if (comparison is not None) != (functional is not None and style != "functional"):
            yield f"{where}.comparison: {'there' if comparison else 'missing'}, against functional"
        elif comparison is not None and functional is not None and len(result["steps"]) == len(functional["steps"]):
            compared = _comparison(result, functional, comparison)
            yield from (f"{where}.comparison.{fault}" for fault in compared)


def _comparison(result: Result, functional: Result, comparison: Result) -> Iterator[str]:
    """Compare the outcome of a comparison with the digests, losses and differences that it is made from."""
    pairs = list(zip(result["steps"], functional["steps"], strict=True))
    apart = [step for step, (own, other) in enumerate(pairs, 1) if own["weights"] != other["weights"]]
    losses = max(abs(own["loss"] - other["loss"]) for own, other in pairs)
    first, outcome = comparison["first_difference"], comparison["outcome"]
    # Before training, at step 0, a record has no digest.
    if first != 0 and first != (apart[0] if apart else None):
        yield f"first_difference: {first}; the digests differ {f'from step {apart[0]} on' if apart else 'nowhere'}"
    if not math.isclose(comparison["losses"] or 0.0, losses, rel_tol=1e-9, abs_tol=1e-15):
        yield f"losses: {comparison['losses']}; the losses of the steps differ by up to {losses}"
    equal = first is None and not apart and losses == 0 and result["outputs"] == functional["outputs"]
    largest = max(comparison[name] or 0.0 for name in ("outputs", "losses", "weights"))
    proof = comparison.get("proof")
    one_network = proof["verdict"] == "one network" if proof else equal or outcome != Identity.DIFFERENT
    expected = str(Identity.judge(equal, within=True) if one_network else Identity.DIFFERENT)
    if outcome != expected:
        yield f"outcome: {outcome!r}; the digests and the proof say {expected!r}"
    if equal and largest > 0:
        yield f"outcome: {outcome!r}, but the difference is {largest}"


def _timing(record: Record, results: dict[str, Result]) -> Iterator[str]:
    asked, planned = record["measurement"]["asked"], record["protocol"]["probe"].get("quantities")
    if isinstance(planned, list) and (beyond := sorted(set(asked) - set(planned))):
        yield f"measurement.asked: {shown(beyond)}; not among the quantities of its protocol"
    for style, result in results.items():
        for quantity, values in result["quantities"].items():
            where = f"styles.{style}.result.quantities.{quantity}"
            if quantity not in asked:
                yield f"{where}: not among the quantities that this process had to measure"
            if quantity not in MEMORY and max(values) > record["seconds"]:
                yield f"{where}: {max(values)} s; the whole trial took {record['seconds']}"


def _graph(_record: Record, results: dict[str, Result]) -> Iterator[str]:
    functional = results.get("functional", {}).get("functions", {})
    for style, result in results.items():
        for name, graphs in result["functions"].items():
            for stage, found in graphs.items():
                where, comparison = (
                    f"styles.{style}.result.functions.{name}.{stage}.comparison",
                    found.get("comparison"),
                )
                if (comparison is not None) != (style != "functional" and name in functional):
                    yield f"{where}: {'there' if comparison else 'missing'}, against functional"
                elif comparison is not None:
                    other = functional[name][stage]
                    said = str(
                        GraphOutcome.judge(*(found[key] == other[key] for key in ("operations", "wiring", "order")))
                    )
                    if comparison["outcome"] != said:
                        yield f"{where}.outcome: {comparison['outcome']!r}; operations and digests say {said!r}"


def _kept(_record: Record, results: dict[str, Result]) -> Iterator[str]:
    placed = [(f"styles.{style}.result.cells", result["cells"]) for style, result in results.items()]
    for style, result in results.items():
        for number, written in enumerate(result.get("ingredients", [])):
            placed.append((f"styles.{style}.result.ingredients.{number}.cells", written["cells"]))
    for place, cells in placed:
        for number, cell in enumerate(cells):
            where = f"{place}.{number}"
            if cell["bit_equal"] and (cell["largest"] or cell["mean"]):
                yield f"{where}.bit_equal: true, but the difference is {cell['largest'] or cell['mean']}"
            if cell["largest"] is not None and (cell["mean"] or 0) > cell["largest"] * 1.001:
                yield f"{where}.mean: {cell['mean']}; the largest is {cell['largest']}"


_PROBES: dict[str, Callable[[Record, dict[str, Result]], Iterator[str]]] = {
    "learning": _learning,
    "identity": _identity,
    "timing": _timing,
    "graph": _graph,
    "serialization": _kept,
    "exchange": _kept,
}
