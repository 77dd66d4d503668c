"""What the benchmarks share: contestants run in turn, ratios of their medians, a copy of the repository to run in."""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = "tf2.21-cpu"
PROFILE = "workflow/profiles/quick"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")


def interleave(contestants: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[Any]]:
    """Call every contestant once per round, in a new random order each round, and return what each returned."""
    results: dict[str, list[Any]] = {name: [] for name in contestants}
    for turn in range(rounds):
        order = random.sample(list(contestants), len(contestants))
        print(f"round {turn + 1} of {rounds}", file=sys.stderr)
        for name in order:
            clock = time.perf_counter()
            results[name].append(contestants[name]())
            print(f"  {name}: {time.perf_counter() - clock:.1f} s", file=sys.stderr)
    return results


def ratios(numerators: list[float], denominators: list[float]) -> str:
    """Return the median of the ratios of each round with their range; rounds are paired because load drifts."""
    paired = [one / other for one, other in zip(numerators, denominators, strict=True)]
    return f"{median(paired):.2f} ({min(paired):.2f} to {max(paired):.2f} in {len(paired)} rounds)"


def verdict(value: float, goal: float, *, most: bool) -> str:
    """Return whether `value` reaches `goal`, the most it may be or else the least."""
    reached = value <= goal if most else value >= goal
    return f"goal at {'most' if most else 'least'} {goal}: {'reached' if reached else 'MISSED'}"


def measured_python() -> Path:
    """Return the Python of the measured environment, installing that if it is not there."""
    if not (ROOT / f"results/environments/{ENVIRONMENT}/venv.txt").is_file():
        snakemake(ROOT, f"results/environments/{ENVIRONMENT}/venv.txt", "--cores", "1")
    return ROOT / f"results/environments/{ENVIRONMENT}/venv/bin/python"


def snakemake(folder: Path, *arguments: str) -> tuple[float, str]:
    """Run Snakemake in `folder` and return its wall time in seconds and what it said."""
    command, variables = ["snakemake", *arguments], environment_variables(folder)
    clock = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    seconds = time.perf_counter() - clock
    if done.returncode:
        sys.exit(f"snakemake {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout + done.stderr


def environment_variables(folder: Path) -> dict[str, str]:
    """Return the variables under which `folder`'s own source is run, with the tools of this process's venv."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # The venv has the original's source installed, which is not that of a copy.
    return {**os.environ, "PATH": tools, "PYTHONPATH": str(folder / "src"), "TF_CPP_MIN_LOG_LEVEL": "2"}


@contextmanager
def repository_copy() -> Iterator[Path]:
    """Give a copy of the files that git knows or would, without results, but with the environments."""
    measured_python()
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    with tempfile.TemporaryDirectory(prefix="twinproof-bench-") as folder:
        for name in filter(None, names):
            if name.startswith("results/") or not os.path.lexists(ROOT / name):
                continue
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, Path(folder) / name, follow_symlinks=False)
        (Path(folder) / "results").mkdir()
        (Path(folder) / "results/environments").symlink_to(ROOT / "results/environments")
        yield Path(folder)


def ask_for_timing(folder: Path, quantities: list[str], twin: str, module: str) -> dict[str, Any]:
    """Have the parameters in this copy of the repository ask for the timing of one twin; return them."""
    import yaml

    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["environments"] = {ENVIRONMENT: {"probes": ["timing"]}}
    params["twins"] = {twin: {"module": module}}
    params["timing"]["quantities"] = quantities
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    return params


def timing_trial(folder: Path, twin: str, replicate: int) -> dict[str, Any]:
    """Run a timing trial in this copy of the repository and return its record."""
    record = folder / f"results/{twin}-{replicate}.json"
    what = ["--environment", ENVIRONMENT, "--twin", twin, "--probe", "timing", "--replicate", str(replicate)]
    run_measured(
        folder, "-m", "twinproof.measured.run_trial", *what, "--params", "params.yaml", "--output", str(record)
    )
    return json.loads(record.read_text())


def run_measured(folder: Path, *arguments: str) -> str:
    """Run the measured Python on one thread in a copy of the repository."""
    variables = environment_variables(folder) | ONE_THREAD
    done = subprocess.run([measured_python(), *arguments], cwd=folder, env=variables, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
