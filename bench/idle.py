"""Snakemake with nothing to do in this workflow, against Snakemake in a workflow with no rules to run."""

import argparse
import tempfile
from pathlib import Path
from statistics import median

from side_by_side import PROFILE, interleave, ratios, repository_copy, snakemake, verdict

GOAL = 1.5


def main() -> None:
    """Run the quick study once in a copy of the repository, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with repository_copy() as study, tempfile.TemporaryDirectory(prefix="twinproof-bench-") as folder:
        empty = Path(folder)
        # Without any input the rule would be a job, and run every time.
        (empty / "Snakefile").write_text('rule all:\n    input: "Snakefile"\n')
        asked = "--cores", "2", "--profile", PROFILE
        snakemake(study, *asked)
        contestants = {"idle": lambda: _nothing(study, *asked), "empty": lambda: _nothing(empty, "--cores", "2")}
        found = interleave(contestants, rounds)
    ratio = median(idle / nothing for idle, nothing in zip(found["idle"], found["empty"], strict=True))
    print(f"median seconds: {', '.join(f'{name} {median(times):.2f}' for name, times in found.items())}")
    print(f"a study with nothing to do takes {ratios(found['idle'], found['empty'])} times an empty workflow;", end=" ")
    print(verdict(ratio, GOAL, most=True))


def _nothing(folder: Path, *arguments: str) -> float:
    seconds, said = snakemake(folder, *arguments)
    assert "Nothing to be done" in said, said
    return seconds


if __name__ == "__main__":
    main()
