"""Makes studies of any number of trials without measuring: the records are made from a few others, the templates.

Protocols, seeds, versions and digests are those that a real study would have, so that every command accepts the
records. The figures differ a little from replicate to replicate.
"""

import json
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from twinproof.analysis.family import timed
from twinproof.environments.environment import Environment
from twinproof.pipeline.counting import write_plan
from twinproof.study.params import Params
from twinproof.study.protocol import make_protocol
from twinproof.study.record import Record, digest, write_record
from twinproof.study.seed import derive_seed
from twinproof.study.trial import Trial, list_cells, list_trials

# The results of these probes are numbers that differ from run to run.
VARIED = ("learning", "timing", "serialization")
SPREAD = 0.01
# An accuracy is a share of this many images of MNIST, 5,000 of which are for validation.
IMAGES = {"accuracy": 55_000, "validation_accuracy": 5_000, "test_accuracy": 10_000}

Templates = dict[tuple[str, str], Record]


def read_templates(records: Iterable[Path]) -> Templates:
    """Return a record of each twin and probe."""
    templates: Templates = {}
    for path in records:
        record = json.loads(path.read_text())
        templates.setdefault((record["twin"], record["probe"]), record)
    return templates


def with_trials(params: dict[str, Any], count: int) -> dict[str, Any]:
    """Return the parameters with the number of replicates that gives about `count` trials in total."""
    cells = list_cells(Params.parse(params))
    fewest = {probe: 6 if probe == "timing" else 1 for _, _, probe in cells}
    replicates = next(
        number for number in range(1, count + 1) if sum(max(number, fewest[cell[2]]) for cell in cells) >= count
    )
    for probe, least in fewest.items():
        params = params | {probe: params[probe] | {"replicates": max(replicates, least)}}
    # Timing adds no further processes.
    timing = params["timing"]
    return params | {"timing": timing | {"sampling": timing["sampling"] | {"most": timing["replicates"]}}}


def multiplied(params: dict[str, Any], templates: Templates) -> Iterator[tuple[Trial, Record]]:
    """Yield every trial with a record made from one of the same twin and probe, or else of the same probe."""
    by_probe = {probe: record for (_, probe), record in templates.items()}
    of_cell: dict[tuple[str, str, str], Record] = {}
    study = Params.parse(params)
    for trial in list_trials(study):
        cell = (trial.environment, trial.twin, trial.probe)
        if cell not in of_cell:
            of_cell[cell] = templates.get((trial.twin, trial.probe), by_probe[trial.probe]) | {
                "protocol": make_protocol(study, *cell),
                "software": {"python": "3.11.0", "twinproof": "0.1.0"} | Environment(trial.environment).pinned(),
            }
        chance = random.Random(f"{params['seed']} {trial}")  # noqa: S311
        record = of_cell[cell] | trial._asdict() | {"seed": derive_seed(params["seed"], trial.twin, trial.replicate)}
        record["seconds"] *= chance.gauss(1, SPREAD)
        if trial.probe in VARIED:
            record["styles"] = _varied(record["styles"], chance)
        if trial.probe == "learning":
            # A trial takes at least as long as its trainings.
            results = [found["result"] for found in record["styles"].values() if found["status"] == "ok"]
            record["seconds"] = max(record["seconds"], sum(result["seconds"] for result in results))
        yield trial, record | {"digest": digest(record)}


def write_study(results: Path, params: dict[str, Any], templates: Templates) -> int:
    """Write the plan, the records and the decisions on timings into `results`; return the number of records."""
    write_plan(Params.parse(params), results)
    count, checked = 0, set()
    for trial, record in multiplied(params, templates):
        path = results / "trials" / trial.path
        if path.parent / trial.probe in checked:
            path.write_text(json.dumps(record, indent=1) + "\n")
        else:
            # Like the pipeline, with the check against the schema, which is slow: once per cell.
            write_record(path, record)
            checked.add(path.parent / trial.probe)
        count += 1
    timing = params["timing"]
    decision = {"processes": timing["replicates"], "next": None, "open": [], "sampling": timing["sampling"]}
    for environment, twin in timed(Params.parse(params)):
        path = results / "timing" / environment / twin / f"{timing['replicates']}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(decision))
    return count


def _varied(value: Any, chance: random.Random) -> Any:
    """Return a result with each number changed a little; counts do not change."""
    if isinstance(value, dict):
        varied = {
            key: round(_varied(inner, chance) * IMAGES[key]) / IMAGES[key] if key in IMAGES else _varied(inner, chance)
            for key, inner in value.items()
        }
        if "epochs" in varied:
            varied["seconds"] = sum(epoch["seconds"] for epoch in varied["epochs"])
        return varied
    if isinstance(value, list):
        return [_varied(inner, chance) for inner in value]
    # Shares stay below 1.
    return value * (1 - abs(chance.gauss(0, SPREAD))) if isinstance(value, float) else value
