"""How long until the article's three twins have all their timing verdicts? Nothing else may run on the machine.

It runs `snakemake timing` of the study in a copy of the repository, after identity was measured there, and prints the
wall time, the processes of each twin, what was open after how many, and the verdicts. `--keep` copies the tables.
"""

import argparse
import json
import shutil
from collections import Counter
from pathlib import Path
from statistics import median

import yaml
from side_by_side import ENVIRONMENT, repository_copy, snakemake, verdict

from twinproof.analysis.columns import read_table
from twinproof.base.styles import Style

TWINS = ("simple", "conditional", "dynamic")
MINUTES = 12


def main() -> None:
    """Run the study and print how long it took, and its verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", default="2")
    parser.add_argument("--keep", type=Path, help="a folder for the tables and the records")
    options = parser.parse_args()
    with repository_copy() as folder:
        _ask(folder, ["identity"])
        snakemake(folder, "--cores", options.cores, "trials")
        _ask(folder, ["identity", "timing"])
        seconds, _ = snakemake(folder, "--cores", options.cores, "timing")
        _tell(folder / "results", seconds)
        if options.keep:
            for name in ("tables", "timing", "trials"):
                shutil.copytree(folder / "results" / name, options.keep / name, dirs_exist_ok=True)


def _ask(folder: Path, probes: list[str]) -> None:
    """Have the parameters ask for these probes of the three twins."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["environments"] = {ENVIRONMENT: {"probes": probes}}
    params["twins"] = {twin: params["twins"][twin] for twin in TWINS}
    params["identity"]["replicates"] = 1
    (folder / "params.yaml").write_text(yaml.safe_dump(params))


def _tell(results: Path, seconds: float) -> None:
    print(f"{seconds / 60:.1f} minutes: {verdict(seconds / 60, MINUTES, most=True)}")
    for twin in TWINS:
        records = [json.loads(path.read_text()) for path in (results / "trials" / ENVIRONMENT / twin).glob("timing-*")]
        took = median(record["seconds"] for record in records)
        print(f"{twin}: {len(records)} processes, of {took:.1f} s each beside their start (median)")
        decisions = (results / "timing" / ENVIRONMENT / twin).glob("*.json")
        for path in sorted(decisions, key=lambda path: int(path.stem)):
            decision = json.loads(path.read_text())
            open_, beyond = (", ".join(decision[name]) or "nothing" for name in ("open", "out_of_reach"))
            print(f"  open after {path.stem}: {open_}; out of reach: {beyond}")
    timing = read_table(results / "tables", "timing")
    for style, rows in timing.groupby("style", sort=False):
        count = ", ".join(f"{number} {name}" for name, number in Counter(rows["verdict"]).most_common())
        print(f"{Style(style)} against functional: {count}")
    for answer in timing["answer"]:
        print(f"  {answer}")


if __name__ == "__main__":
    main()
