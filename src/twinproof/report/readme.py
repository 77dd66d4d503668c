"""Writes the answer of the published study into the README: its headline, its picture and what they rest on.

Usage: python -m twinproof.report.readme --study published --readme README.md

The picture is written next to the study.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from twinproof.analysis.columns import COLUMNS, read_table
from twinproof.analysis.verdicts.answer import backends, lines_for_everyone
from twinproof.analysis.verdicts.headline import listed, split
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole
from twinproof.base.numbers import counted
from twinproof.report.charts.answer import Tables, answer_chart, takes, works
from twinproof.study.results import Results

PICTURE = "answer.svg"
BEGIN, END = "<!-- answer -->\n", "<!-- end of the answer -->\n"
# An image cannot take its colours from the page around it.
INK, PAPER = "#1f2328", "#ffffff"


def draw(tables: Tables) -> str:
    """Return the chart of `twinproof.report.charts.answer` as SVG, with a background.

    Raises
    ------
    UserError
        If there is nothing to draw.
    """
    import vl_convert

    chart = answer_chart(works(tables), takes(tables))
    if chart is None:
        raise UserError("nothing to draw: the study measured nothing that the picture shows")
    drawn = chart.configure(background=PAPER, padding=12)
    return str(vl_convert.vegalite_to_svg(json.dumps(drawn.to_dict()).replace("currentColor", INK)))


def format_answer(tables: Tables, picture: str) -> str:
    """Return the answer in Markdown: the headline, the image at the address `picture`, and what they rest on.

    Raises
    ------
    UserError
        If the study has no headline.
    """
    lines = lines_for_everyone(tables["answer"])["sentence"]
    if lines.empty:
        raise UserError("the study has no headline: what was measured does not suffice for one")
    told = "\n".join(f"- **{advice}** {reason}" for advice, reason in map(split, lines))
    return (
        f"{told}\n\n![What works in each style, and what each takes compared with functional]({picture})\n\n"
        f"<sub>{caption(tables['trials'])}</sub>\n"
    )


def caption(trials: pd.DataFrame) -> str:
    """Return what a study rests on: networks, Keras, backends, machines, trials and days."""
    each = trials.groupby("probe")["twin"].nunique()
    networks = counted(int(each.max()), "small network")
    if each.min() < each.max():
        networks = f"{each.min()} to {networks} per question"
    devices = f"{listed(sorted(trials['device'].unique()))} ({listed(sorted(trials['processor'].unique()))})"
    threads = listed([counted(int(count), "thread") for count in sorted(trials["threads"].unique())])
    return (
        f"{networks} on MNIST; Keras {listed(list(trials['keras'].unique()))} on {listed(backends(trials))}; "
        f"{devices}, {threads} per process; {len(trials)} processes, {_days(trials['started'])}."
    )


def _days(started: Iterable[str]) -> str:
    days = sorted({moment[:10] for moment in started})
    first, last = (date.fromisoformat(day) for day in (days[0], days[-1]))
    end = f"{last.day} {last:%B %Y}"
    return end if first == last else f"{first.day} {first:%B %Y} to {end}"


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
        raise UserError(f"the README lacks the marks {BEGIN.strip()} and {END.strip()}; the answer goes between them")
    return f"{before}{BEGIN}{answer}{END}{after}"


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Write the answer of a study into the README, and its picture beside the study."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.report.readme", description=main.__doc__)
    parser.add_argument("--study", type=Path, required=True, help="the folder of the published study")
    parser.add_argument("--readme", type=Path, required=True, help="the README to put the answer into")
    options = parser.parse_args(arguments)
    tables = {name: read_table(Results(options.study).tables, name) for name in COLUMNS}
    picture, path = draw(tables), options.study / PICTURE
    readme = insert_answer(options.readme.read_text(), format_answer(tables, path.as_posix()))
    write_whole(path, picture)
    write_whole(options.readme, readme)


if __name__ == "__main__":
    sys.exit(main())
