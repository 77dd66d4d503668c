"""Writes `version.json`: what a report was made from and what it consists of, small enough for git.

Usage: python -m twinproof.versions.describe --results results --output results/version.json

Format history
--------------
1   First.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from twinproof.analysis.columns import read_table
from twinproof.base import checkout
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.report.made_from import made_from, tree_digest
from twinproof.study.params import read_params
from twinproof.study.results import Results

FORMAT = 1
FILE = "version.json"
# The folders of a report, below the results. Git has the tables and metrics beside the version.
PARTS = ["trials", "tables", "notebooks", "report"]


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
    params = read_params(Results(results).params)
    trials, answer = read_table(Results(results).tables, "trials"), read_table(Results(results).tables, "answer")
    twins = read_table(Results(results).tables, "twins")
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


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Write the version of a report."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.versions.describe", description=main.__doc__)
    parser.add_argument("--results", type=Path, required=True, help="the folder of the study's results")
    parser.add_argument("--output", type=Path, required=True, help="where to write the version")
    options = parser.parse_args(arguments)
    write_whole(options.output, json.dumps(describe(options.results), indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
