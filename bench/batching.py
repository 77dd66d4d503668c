"""Trials in batches against a job for each trial: how many of a probe are done in a minute, at quick settings."""

import argparse
from pathlib import Path
from statistics import median

import yaml
from side_by_side import ENVIRONMENT, interleave, ratios, repository_copy, snakemake, verdict

GOAL = 2
REPLICATES = 4
TWINS = ("simple", "conditional", "dynamic")
# Seconds of a batch: less than one trial takes, and more than all of them.
LENGTHS = {"alone": "0.001", "batched": "1e6"}


def main() -> None:
    """Measure both probes that the quick study has, each in both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for probe in ("learning", "identity"):
        found = interleave(
            {name: lambda p=probe, length=length: _study(p, length) for name, length in LENGTHS.items()}, options.rounds
        )
        rates = {name: [60 * REPLICATES * len(TWINS) / seconds for seconds in runs] for name, runs in found.items()}
        medians = ", ".join(f"{name} {median(rate):.1f}" for name, rate in rates.items())
        print(f"{probe}: trials a minute on one core, {medians}")
        ratio = median(batched / alone for batched, alone in zip(rates["batched"], rates["alone"], strict=True))
        goal = f"; {verdict(ratio, GOAL, most=False)}" if probe == "learning" else ""
        print(f"  batched {ratios(rates['batched'], rates['alone'])} times the number{goal}")


def _study(probe: str, length: str) -> float:
    """Return the seconds in which the trials of a probe are measured on one core, in a copy of the repository."""
    with repository_copy() as folder:
        _ask(folder, probe)
        # The images are verified, and Python's bytecode is written, before the clock starts.
        snakemake(folder, "--cores", "1", "results/data.json")
        return snakemake(folder, "--cores", "1", "trials", "--config", f"batch={length}")[0]


def _ask(folder: Path, probe: str) -> None:
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["environments"] = {ENVIRONMENT: {"probes": [probe]}}
    params["twins"] = {twin: params["twins"][twin] for twin in TWINS}
    params[probe]["replicates"] = REPLICATES
    params["learning"]["epochs"] = 1
    (folder / "params.yaml").write_text(yaml.safe_dump(params))


if __name__ == "__main__":
    main()
