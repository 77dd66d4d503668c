"""Makes the badge "confirmed on N machines" from the receipts in `reproductions/`, as a picture, without a network.

Usage: python -m twinproof.versions.badge --reproductions reproductions --version published/version.json --output FILE
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape

from twinproof.analysis.words import Level
from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_if_changed
from twinproof.base.numbers import counted
from twinproof.base.reading import read_json
from twinproof.versions.receipt import Receipt, read_receipt

# Pixels of a character and of the space around a text, in the size below.
WIDTH, PADDING = 6.6, 12
BADGE = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="20" role="img" aria-label="{text}">
<title>{text}</title>
<rect width="{width:g}" height="20" rx="3" fill="{colour}"/>
<text x="{middle:g}" y="14" fill="#fff" text-anchor="middle" textLength="{length:g}"
 font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">{text}</text>
</svg>
"""
CONFIRMED, NOT_YET = "#2a6e3f", "#595959"


def confirming(receipts: Iterable[Receipt], tables: str) -> set[str]:
    """Return the machines on which the version whose tables have this digest was reproduced, apart from its own."""
    machines: set[str] = set()
    for receipt in receipts:
        if receipt["level"] == Level.REPRODUCED and receipt["version"]["tables"] == tables:
            here, there = ({one["id"] for one in receipt[side]["machines"]} for side in ("here", "version"))
            machines |= here - there
    return machines


def draw(machines: int) -> str:
    """Return the badge for this number of machines, as SVG."""
    text = f"confirmed on {counted(machines, 'machine')}" if machines else "not yet confirmed"
    length = WIDTH * len(text)
    return BADGE.format(
        text=escape(text),
        width=length + PADDING,
        middle=(length + PADDING) / 2,
        length=length,
        colour=CONFIRMED if machines else NOT_YET,
    )


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Make the badge from the receipts of a version."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.versions.badge", description=main.__doc__)
    parser.add_argument("--reproductions", type=Path, required=True, help="the folder of the receipts, *.json")
    parser.add_argument("--version", type=Path, required=True, help="the version.json of the version")
    parser.add_argument("--output", type=Path, required=True, help="where to write the badge, an SVG")
    options = parser.parse_args(arguments)
    if not options.reproductions.is_dir():
        raise UserError(f"{options.reproductions}: no such folder")
    version = read_json(options.version)
    try:
        tables = version["digests"]["tables"]
    except (KeyError, TypeError):
        raise UserError(
            f"{options.version}: has no digest of the tables; allowed: the version.json of a study"
        ) from None
    receipts = map(read_receipt, sorted(options.reproductions.glob("*.json")))
    write_if_changed(options.output, draw(len(confirming(receipts, tables))))


if __name__ == "__main__":
    sys.exit(main())
