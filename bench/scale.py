"""What studies of 100, 1,000 and 10,000 trials cost beside the measuring: planning, running, tables and page.

Nothing is measured: an environment's Python is stand_in.py, and the records are made from those of a real study.
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import yaml
from multiplied import read_templates, with_trials, write_study
from side_by_side import environment_variables, repository_copy, verdict

SECONDS, MEBIBYTES = 60, 1500
COUNTS = [100, 1_000, 10_000]


class Cost(NamedTuple):
    """Seconds of wall time, and MiB of memory at most in one process."""

    seconds: float
    memory: float


def main() -> None:
    """Go through the stages of a study at each size, in a copy of the repository."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=Path, default=Path("results/trials"), help="those of a study with all probes")
    parser.add_argument("--counts", type=int, nargs="+", default=COUNTS)
    options = parser.parse_args()
    templates = read_templates(sorted(options.records.glob("*/*/*.json")))
    for count in options.counts:
        with repository_copy() as folder:
            (folder / "results/environments").unlink()
            os.chdir(folder)
            params = with_trials(yaml.safe_load(Path("params.yaml").read_text()), count)
            Path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
            trials = write_study(folder / "made", params, templates)
            for environment in params["environments"]:
                _stand_in(folder, environment)
            costs = {
                "planning (snakemake -n)": _cost(folder, "snakemake", "-n", "--quiet"),
                "twinproof plan": _cost(folder, "twinproof", "plan"),
                "running, beside measuring": _cost(folder, "snakemake", "--cores", "2", "--quiet", "--", "trials"),
                "with nothing left to run": _cost(folder, "snakemake", "--cores", "2", "--quiet", "--", "trials"),
                "tables": _cost(folder, sys.executable, "-m", "twinproof.analysis.tables", "--results", "results"),
                "page": _cost(folder, sys.executable, *_page()),
            }
            run = len(list(Path("results/trials").rglob("*.json")))
            assert run == trials, f"{run} of {trials} trials have a record"
            page = Path("results/report/index.html").stat().st_size / 2**20
            batches = len(list(Path("results/batches").rglob("*.done")))
        print(f"{trials} trials, most of them in {batches} batches:")
        for stage, cost in costs.items():
            each = f"{1000 * cost.seconds / trials:.1f} ms a trial"
            print(f"  {stage:26} {cost.seconds:7.1f} s {cost.memory:6.0f} MiB  {each}")
        print(f"  the page has {page:.1f} MiB")
    planning = costs["planning (snakemake -n)"]
    print(f"planning the most: seconds, {verdict(planning.seconds, SECONDS, most=True)}")
    print(f"                   MiB, {verdict(planning.memory, MEBIBYTES, most=True)}")


def _stand_in(folder: Path, environment: str) -> None:
    """Give an environment a Python that measures nothing."""
    place = folder / "results/environments" / environment
    python = place / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -IS {folder}/bench/stand_in.py {folder}/made/trials "$@"\n')
    python.chmod(0o755)
    (place / "venv.txt").touch()


def _page() -> list[str]:
    """Return the command that makes the page, without notebooks, which take the same time at any size."""
    places = {
        "tables": "tables",
        "metrics": "metrics.json",
        "params": "params.yaml",
        "notebooks": "notebooks",
        "output": "report/index.html",
    }
    arguments = [word for name, place in places.items() for word in (f"--{name}", f"results/{place}")]
    return ["-m", "twinproof.report.page", *arguments]


def _cost(folder: Path, *command: str) -> Cost:
    """Run a command in a folder and return what it took."""
    with (folder / "said").open("wb") as said:
        clock = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment_variables(folder), stdout=said, stderr=subprocess.STDOUT
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - clock
    if status:
        sys.exit(f"{' '.join(command)} failed:\n{(folder / 'said').read_text()[-4000:]}")
    return Cost(seconds, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
