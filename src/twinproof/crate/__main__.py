"""Writes the research crate.

Usage, in the repository's root: python -m twinproof.crate --results results --output results/crate.zip
"""

import argparse
import sys
from pathlib import Path

from twinproof.base.errors import entry_point
from twinproof.base.files import write_whole
from twinproof.crate.contents import make_crate


@entry_point
def main(arguments: list[str] | None = None) -> None:
    """Write the research crate of a study."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.crate", description=main.__doc__)
    parser.add_argument("--results", type=Path, required=True, help="the folder of the results")
    parser.add_argument("--output", type=Path, required=True, help="where to write the zip file")
    options = parser.parse_args(arguments)
    write_whole(options.output, make_crate(options.results))


if __name__ == "__main__":
    sys.exit(main())
