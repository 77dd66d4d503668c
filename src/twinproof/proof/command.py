"""The command `twinproof prove`: what it prints and writes."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from twinproof.base.errors import UserError
from twinproof.base.files import write_whole
from twinproof.proof.apart import Request, Start, prove_apart
from twinproof.proof.errors import ModelError
from twinproof.proof.page import as_page
from twinproof.proof.result import Proof
from twinproof.proof.text import as_text

# The number of lines to show of an error.
MOST_LINES = 25


@dataclass(frozen=True)
class Forms:
    """The output of the command: JSON instead of text, a page, a script."""

    as_json: bool = False
    html: Path | None = None
    reproducer: Path | None = None


def run_here(models: list[str], request: Request, forms: Forms) -> int:
    """Prove the first model against each other one in this process, and return the exit status."""
    from twinproof.proof.prove import prove_pair, read_wishes
    from twinproof.proof.sources import sources

    # It warns about every function that is traced again, which is necessary to compare models.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        wishes = read_wishes(request)
        named = sources(models)
        # The first model is made for each: another model may need other inputs, such as gaps that it masks.
        proofs = [prove_pair(named[0], other, wishes) for other in named[1:]]
    except ModelError as error:
        print(own_traceback(error), file=sys.stderr)
        ended = "ended the process" if isinstance(error.error, SystemExit) else f"raised {type(error.error).__name__}"
        print(f"error: {error.where} {ended}; nothing was compared", file=sys.stderr)
        return 2
    return show(proofs, forms)


def run_apart(request: Request, starts: tuple[Start, Start], forms: Forms) -> int:
    """Prove two models, each in its own environment, and return the exit status."""
    return show([prove_apart(request, starts)], forms)


def show(proofs: list[Proof], forms: Forms) -> int:
    """Print and write proofs, and return the exit status of the worst."""
    if forms.as_json:
        found = [proof.as_json() for proof in proofs]
        print(json.dumps(found[0] if len(found) == 1 else found, indent=2))
    else:
        print("\n\n".join(as_text(proof) for proof in proofs))
    if forms.html:
        write_whole(forms.html, "\n".join(as_page(proof) for proof in proofs))
    if forms.reproducer:
        _write_reproducer(proofs, forms.reproducer)
    return max(proofs, key=lambda proof: (proof.exit_status == 1, proof.exit_status)).exit_status


def own_traceback(error: ModelError) -> str:
    """Return the user's own lines that led to an error, and its message, without the lines of Keras and twinproof."""
    inner = error.error
    said = traceback.TracebackException(type(inner), inner, inner.__traceback__)
    said.stack = traceback.StackSummary.from_list([one for one in said.stack if _is_own(one.filename)])
    lines = "".join(said.format(chain=False)).rstrip().splitlines()
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines if not said.stack or line]
    if not said.stack and lines and lines[0].startswith("Traceback"):
        lines = lines[1:]
    more = len(lines) - MOST_LINES
    return "\n".join(lines if more <= 0 else [*lines[:MOST_LINES], f"... and {more} more lines"])


def _is_own(file: str) -> bool:
    apart = (str(Path(__file__).parents[1]), str(Path(os.__file__).parent), "<frozen")
    return not file.startswith(apart) and "site-packages" not in Path(file).parts


def _write_reproducer(proofs: list[Proof], path: Path) -> None:
    script = next((proof.script for proof in proofs if proof.script), "")
    if script:
        write_whole(path, script)
        return
    if any(proof.difference for proof in proofs):
        raise UserError(f"{path}: not written: a script cannot make these models; give files, not objects")
    print(f"{path}: not written: there is no difference to show", file=sys.stderr)
