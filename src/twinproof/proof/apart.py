"""Two models in two environments: each in its own process, which exchange a folder.

The first process stores what its model does, and the second one compares its own model with that.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from twinproof.base.errors import UserError, entry_point
from twinproof.proof.errors import CannotTellError, ModelError
from twinproof.proof.packing import pack, unpack
from twinproof.proof.result import Proof

# Runs Python with these arguments in an environment.
Start = Callable[..., "subprocess.CompletedProcess[str]"]
_PROOF = "proof"
# The exit status of a process whose model raised; its standard error has the traceback.
RAISED = 3


@dataclass(frozen=True)
class Request:
    """The input of both processes: the names of the models, and the options of the command as texts."""

    models: tuple[str, str]
    data: str | None
    inputs: str | None
    loss: str | None
    optimizer: str | None
    steps: int
    tolerance: float | None
    hints: dict[str, str]
    seed: int
    two_environments: bool

    def write(self, folder: Path) -> None:
        """Write the request into the folder of the exchange."""
        pack(asdict(self), folder, "request")


def read_request(folder: Path) -> Request:
    """Return the request of an exchange."""
    data = unpack(folder, "request")
    return Request(**{**data, "models": tuple(data["models"])})


def read_proof(folder: Path) -> Proof:
    """Return the proof that the second process wrote."""
    return Proof.from_json(json.loads((folder / f"{_PROOF}.json").read_text(encoding="utf-8")))


def prove_apart(request: Request, starts: tuple[Start, Start]) -> Proof:
    """Return the proof of two models, each of which one of `starts` runs in its own environment.

    Raises
    ------
    UserError
        If a process fails; its own message is in the error.
    """
    with tempfile.TemporaryDirectory(prefix="twinproof-") as name:
        folder = Path(name)
        request.write(folder)
        for part, start in zip(("first", "second"), starts):
            done = start("-m", "twinproof.proof.apart", part, str(folder))
            if done.returncode:
                text = done.stderr.strip().removeprefix("error: ")
                raise UserError(f"{request.models[part == 'second']}: {text}" if done.returncode == RAISED else text)
            if (folder / f"{_PROOF}.json").exists():
                break
        return read_proof(folder)


@entry_point
def main(arguments: list[str] | None = None) -> int:
    """Play one part, `first` or `second`, in the exchange through a folder."""
    from twinproof.proof.command import own_traceback

    part, folder = arguments or sys.argv[1:]
    try:
        return _take_part(part, Path(folder))
    except ModelError as error:
        print(own_traceback(error), file=sys.stderr)
        return RAISED


def _take_part(part: str, folder: Path) -> int:
    from twinproof.proof.preparing import prepare_first
    from twinproof.proof.prove import build, read_wishes, unknown, with_task_of
    from twinproof.proof.proving import Proving
    from twinproof.proof.sources import source
    from twinproof.proof.stored import StoredReference, write_reference

    asked = read_request(folder)
    wishes = read_wishes(asked)
    given = source(asked.models[part == "second"])
    wishes = with_task_of(wishes, given)
    side = build(given, wishes)
    if part == "first":
        try:
            reference = prepare_first(side, None, wishes, asked.two_environments)
        except CannotTellError as error:
            _write(unknown(asked.models, str(error)), folder)
            return 0
        write_reference(reference, folder)
        reference.close()
    else:
        _write(Proving(StoredReference(folder), side, wishes, given.has_values).proof(), folder)
    return 0


def _write(proof: Proof, folder: Path) -> None:
    (folder / f"{_PROOF}.json").write_text(json.dumps(proof.as_json()), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
