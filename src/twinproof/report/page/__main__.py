"""Writes the report: one page that opens offline.

Usage: python -m twinproof.report.page --tables results/tables --metrics results/metrics.json
       --params results/params.yaml --notebooks results/notebooks --output results/report/index.html
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from twinproof.analysis.columns import COLUMNS, read_table
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.base.reading import ReadingError, read_json
from twinproof.report.made_from import made_from
from twinproof.report.page.page import find_notebooks, make_page
from twinproof.study.params import read_params


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Write the report from the tables of a study."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.report.page", description=main.__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="the folder of the tables")
    parser.add_argument("--metrics", type=Path, required=True, help="metrics.json")
    parser.add_argument("--params", type=Path, required=True, help="the parameters of the study")
    parser.add_argument("--notebooks", type=Path, required=True, help="the folder of the executed notebooks")
    parser.add_argument("--output", type=Path, required=True, help="where to write the page")
    options = parser.parse_args(arguments)
    params = read_params(options.params)
    metrics = _read_metrics(options.metrics)
    tables = {name: read_table(options.tables, name) for name in COLUMNS}
    # Versions and DVC expect the folder, even if no probe of the study has a notebook.
    options.notebooks.mkdir(parents=True, exist_ok=True)
    links = find_notebooks(params, options.notebooks, options.output)
    write_whole(options.output, make_page(tables, metrics, params, links, made_from(params)))


def _read_metrics(path: Path) -> dict[str, Any]:
    try:
        metrics = read_json(path)
    except ReadingError as error:
        raise UserError(f"{error}; run `snakemake --cores all tables`") from None
    if not isinstance(metrics, dict):
        raise UserError(f"{path}: not a mapping; run `snakemake --cores all tables`")
    return metrics


if __name__ == "__main__":
    sys.exit(main())
