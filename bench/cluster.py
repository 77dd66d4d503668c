"""The trials of the quick study on a Slurm of one node, and on the same cores without it: in batches, and one by one.

Needs root, and the packages that tests/slurm/install-slurm installs.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from side_by_side import PROFILE, ROOT, interleave, ratios, repository_copy, snakemake

sys.path.append(str(ROOT))
from tests.slurm.cluster import Cluster
from tests.slurm.conftest import ON_SLURM, on_cluster

CORES = 2
# Seconds of a batch: the quick study's trials of a probe take less than the one, and each of them more than the other.
LENGTHS = {"batched": 300, "alone": 0.001}


def main() -> None:
    """Measure each in turn, and say what a trial takes beside what it takes on one machine in batches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    contestants = {
        f"{place} {name}": lambda place=place, length=length: _study(place, length)
        for place in ("local", "slurm")
        for name, length in LENGTHS.items()
    }
    with tempfile.TemporaryDirectory() as folder, Cluster(Path(folder), cores=CORES):
        found = interleave(contestants, options.rounds)
    trials = found["local batched"][0][1]
    wall = {name: [seconds for seconds, _ in runs] for name, runs in found.items()}
    least = median(wall["local batched"])
    for name, seconds in wall.items():
        more = CORES * (median(seconds) - least) / trials
        print(
            f"{name:13} {median(seconds):6.1f} s, {ratios(seconds, wall['local batched'])} times local batched; "
            f"{more:+.1f} core seconds for each of {trials} trials"
        )


def _study(place: str, length: float) -> tuple[float, int]:
    """Return the seconds that the trials of the quick study take in a copy of the repository, and how many they are."""
    with repository_copy() as folder:
        if place == "slurm":
            on_cluster(folder)
        how = ["--cores", str(CORES)] if place == "local" else ON_SLURM[1:]
        how += ["--profile", PROFILE, "trials", "--config", f"batch={length}"]
        snakemake(folder, "--cores", "1", "--profile", PROFILE, "results/quick/data.json")
        seconds, _ = snakemake(folder, *how)
        batches = json.loads((folder / "results/quick/batches.json").read_text())["batches"]
        return seconds, sum(map(len, batches.values()))


if __name__ == "__main__":
    main()
