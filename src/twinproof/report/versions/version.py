"""What a report was made from and what it consists of: `version.json`, small enough for git.

Usage: python -m twinproof.report.versions.version --results results --output results/version.json

Format history
--------------
1   First.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from twinproof import checkout
from twinproof.environments import Environment
from twinproof.errors import UserError, entry_point
from twinproof.files import sha256, write_whole
from twinproof.params import Params, read_params
from twinproof.report import read_table

FORMAT = 1
FILE = "version.json"
# What a report is, below the results; the tables and metrics are in git beside it.
PARTS = ["trials", "tables", "notebooks", "report"]
# Whatever a report's content may depend on, apart from parameters, data and locks.
CODE = ["src/twinproof", "workflow", "Snakefile"]


def describe(results: Path) -> dict[str, Any]:
    """Return the version of the report in the folder `results`: what it was made from, its parts, and its answer.

    Raises
    ------
    UserError
        If a part of the report is missing, or a table cannot be read.
    """
    for part in PARTS:
        if not (results / part).is_dir():
            raise UserError(f"{results / part}: no such folder; run `snakemake --cores all report`")
    params = read_params(results / "params.yaml")
    trials, answer = read_table(results / "tables", "trials"), read_table(results / "tables", "answer")
    twins = read_table(results / "tables", "twins")
    commit = checkout.find_commit()
    sentences = [*answer["sentence"], *twins["answer"]]
    return {
        "format": FORMAT,
        "commit": commit.commit,
        "commit_missing": commit.missing,
        "environments": list(trials["environment"].unique()),
        "trials": len(trials),
        "first": None if trials.empty else trials["started"].min(),
        "last": None if trials.empty else trials["started"].max(),
        "answer": sentences[0] if sentences else "Nothing was measured.",
        "made_from": made_from(params),
        "digests": {part: tree_digest(results / part) for part in PARTS},
    }


def made_from(params: Params) -> dict[str, Any]:
    """Return the SHA-256 of what a report is made from: parameters, data, locks, and code.

    Raises
    ------
    UserError
        If an environment of the parameters has no lock.
    """
    return {
        "params": hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest(),
        "data": sha256(Path(params["data"]["checksums"])),
        "locks": {
            name: Environment(name).lock_digest() for name, asked in params["environments"].items() if asked["probes"]
        },
        "workflow_lock": sha256(Path("workflow/requirements.txt")),
        "code": _digest(_files(CODE)),
    }


def tree_digest(folder: Path) -> str:
    """Return the SHA-256 of a folder: of the digest and the relative path of each of its files."""
    return _digest((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Write the version of a report."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.report.versions.version", description=main.__doc__)
    parser.add_argument("--results", type=Path, required=True, help="the folder of the study's results")
    parser.add_argument("--output", type=Path, required=True, help="where to write the version")
    options = parser.parse_args(arguments)
    write_whole(options.output, json.dumps(describe(options.results), indent=1) + "\n")


def _files(places: Iterable[str]) -> Iterable[tuple[str, Path]]:
    for place in places:
        root = Path(place)
        for path in [root] if root.is_file() else root.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.as_posix(), path


def _digest(files: Iterable[tuple[str, Path]]) -> str:
    lines = sorted(f"{sha256(path)}  {name}\n" for name, path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
