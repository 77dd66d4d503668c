"""The quick study through Snakemake, against one plain script that calls the same probes in a loop.

The script is one process that imports TensorFlow once, reads the images once, and trains on all cores.
"""

import argparse
import json
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

from side_by_side import (
    PROFILE,
    environment_variables,
    interleave,
    measured_python,
    ratios,
    repository_copy,
    snakemake,
    verdict,
)

from twinproof.study.seed import derive_seed
from twinproof.study.trial import list_trials

GOAL = 1.3
CORES = 2


def main() -> None:
    """Compare the two, or be the plain script."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plain", type=Path, help="be the plain script for these parameters")
    options = parser.parse_args()
    if options.plain:
        _plain(options.plain)
        return
    contestants = {"trials": lambda: _study("trials"), "whole": lambda: _study("all"), "plain": _script}
    found = interleave(contestants, options.rounds)
    wall = {name: [one["wall"] for one in runs] for name, runs in found.items()}
    ratio = median(ours / plain for ours, plain in zip(wall["whole"], wall["plain"], strict=True))
    print(f"median seconds: {', '.join(f'{name} {median(times):.1f}' for name, times in wall.items())}")
    print(
        f"the quick study through Snakemake takes {ratios(wall['whole'], wall['plain'])} times the script's wall time;"
    )
    print(f"  {verdict(ratio, GOAL, most=True)}")
    print(f"its trials alone, without tables, notebooks and report: {ratios(wall['trials'], wall['plain'])} times")
    for name in ("trials", "whole"):
        _print_shares(name, found[name])


def _study(target: str) -> dict[str, Any]:
    """Run the quick study in a copy of the repository; return when what ran, in seconds since the start."""
    with repository_copy() as folder:
        started = time.time()
        snakemake(folder, "--cores", str(CORES), "--profile", PROFILE, target)
        wall = time.time() - started
        jobs = {}
        benchmarks = folder / "results/quick/benchmarks"
        for path in benchmarks.rglob("*.tsv"):
            # Written when the job has ended.
            ended, (_, last) = path.stat().st_mtime - started, path.read_text().splitlines()
            jobs[path.relative_to(benchmarks).with_suffix("").parts] = ended - float(last.split()[0]), ended
        records = [json.loads(path.read_text()) for path in folder.glob("results/quick/trials/*/*/*.json")]
        return {"wall": wall, "jobs": jobs, "probes": sum(record["seconds"] for record in records)}


def _script() -> dict[str, Any]:
    """Run the plain script on the parameters that the quick profile asks for."""
    with repository_copy() as folder:
        # The start of a run writes the plan, with the resolved parameters in it.
        snakemake(folder, "--cores", "1", "--profile", PROFILE, "results/quick/data.json")
        started = time.time()
        command = [measured_python(), "bench/study.py", "--plain", "results/quick/params.yaml"]
        subprocess.run(command, cwd=folder, env=environment_variables(folder), stderr=subprocess.DEVNULL, check=True)
        return {"wall": time.time() - started}


def _plain(path: Path) -> None:
    from twinproof.measured import probes, twins
    from twinproof.study.dataset import read_dataset
    from twinproof.study.params import read_params

    params = read_params(path)
    where = params.data
    data = read_dataset(where.directory, where.checksums, where.validation)
    for trial in list_trials(params):
        asked = params.twins[trial.twin]
        twin = twins.load(trial.twin, asked.module, asked.arguments)
        seed = derive_seed(params.seed, trial.twin, trial.replicate)
        outcome = probes.load(trial.probe)(twin, data, seed, params.settings[trial.probe])
        output = Path("results/plain", trial.path)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(outcome.styles))


def _print_shares(name: str, runs: list[dict[str, Any]]) -> None:
    """Print where the cores' time went in the median: a job holds one core, and what is left is idle or Snakemake."""
    shares: dict[str, list[float]] = {}
    for one in runs:
        total = CORES * one["wall"]
        held: dict[str, float] = {}
        for (rule, *_), (start, end) in one["jobs"].items():
            held[rule] = held.get(rule, 0.0) + end - start
        spans = {
            "the probes themselves": one["probes"],
            "start, imports and images of the trials": held.pop("batches") - one["probes"],
            **held,
        }
        first, last = min(start for start, _ in one["jobs"].values()), max(end for _, end in one["jobs"].values())
        spans["Snakemake before the first job"] = CORES * first
        spans["Snakemake after the last job"] = CORES * (one["wall"] - last)
        spans["cores without a job in between"] = total - sum(spans.values())
        for what, seconds in spans.items():
            shares.setdefault(what, []).append(seconds / total)
    print(f"{name}: of {CORES} cores' time")
    for what, values in sorted(shares.items(), key=lambda item: -median(item[1])):
        print(f"  {median(values):6.1%} {what}")


if __name__ == "__main__":
    main()
