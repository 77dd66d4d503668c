"""Writes the answer of the last study into the README: its sentences and its picture.

Usage: python -m twinproof.report.readme --tables results/tables --output docs/answer --readme README.md

The data behind them is written beside the picture, so that both can be made again from it.
"""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from twinproof.analysis.columns import COLUMNS, read_table
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.report.charts.answer import answer_chart, takes, works

PICTURE = "answer.svg"
BEGIN, END = "<!-- answer -->\n", "<!-- end of the answer -->\n"
# An image cannot take its colours from the page around it.
INK, PAPER = "#1f2328", "#ffffff"


def draw(shares: pd.DataFrame, ratios: pd.DataFrame) -> str:
    """Return the chart of `twinproof.report.charts.answer` as SVG, with a background.

    Raises
    ------
    UserError
        If there is nothing to draw.
    """
    import vl_convert

    chart = answer_chart(shares, ratios)
    if chart is None:
        raise UserError("nothing to draw: neither what works nor what it takes was measured")
    drawn = chart.configure(background=PAPER, padding=12)
    return str(vl_convert.vegalite_to_svg(json.dumps(drawn.to_dict()).replace("currentColor", INK)))


def format_answer(answer: pd.DataFrame, environments: pd.DataFrame, picture: str) -> str:
    """Return the answer in Markdown: a list of sentences, and the image at the address `picture`."""
    versions = ", ".join(
        f"{row['environment']} (Keras {row['keras']})"
        for row in environments.drop_duplicates("environment").to_dict("records")
    )
    sentences = "\n".join(f"- {sentence}" for sentence in answer["sentence"])
    return (
        f"{sentences}\n\n"
        f"![What works in each style, and what each takes against functional]({picture})\n\n"
        f"From a study of {versions}; `make picture` makes it again from yours.\n"
    )


def insert_answer(readme: str, answer: str) -> str:
    """Return the README with the answer between its marks.

    Raises
    ------
    UserError
        If the README lacks the marks.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(
            f"the README lacks the marks {BEGIN.strip()} and {END.strip()}, between which the answer stands"
        )
    return f"{before}{BEGIN}{answer}{END}{after}"


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Write the picture of the answer, what it is made from, and the answer in the README."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.report.readme", description=main.__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="the folder of the tables")
    parser.add_argument("--output", type=Path, required=True, help="the folder of the picture")
    parser.add_argument("--readme", type=Path, required=True, help="the README to put the answer into")
    options = parser.parse_args(arguments)
    tables = {name: read_table(options.tables, name) for name in COLUMNS}
    shares, ratios = works(tables), takes(tables)
    picture = draw(shares, ratios)
    answer = format_answer(tables["answer"], tables["environments"], f"{options.output.as_posix()}/{PICTURE}")
    readme = insert_answer(options.readme.read_text(), answer)
    kept = {"works": shares, "takes": ratios, "answer": tables["answer"], "environments": tables["environments"]}
    for name, table in kept.items():
        write_whole(options.output / f"{name}.csv", table.to_csv(index=False))
    write_whole(options.output / PICTURE, picture)
    write_whole(options.readme, readme)


if __name__ == "__main__":
    sys.exit(main())
