"""The pitfalls: ways of writing a twin that look right, one module each, in the folder of the twin.

Each module has

- `TITLE`: the pitfall in a phrase, without a full stop;
- `STYLE`: the style it is a pitfall of;
- `EXPECTED`: what its author would expect, as a sentence about what is seen;
- `REFERENCES`: public addresses where it was reported, or nothing;
- `program(images, labels)`: a generator that does what the author would do with a few images of shape (n, 784) and
  their labels, one-hot, shape (n, 10). Before each step it yields what the step is called (construct, build, compile,
  train, save, load, ...), so that it is known where it fails. It returns a `Seen`, and lets errors pass;
- `control(images, labels)`: the same program without the trap, or with its remedy. It must end as expected: otherwise a
  slip in the module, not the trap, may be what `program` shows;
- `CONTROL_FAILS`, only where even the control cannot work: the version of Keras, or how it begins, and the reason.

Adding a pitfall is adding such a module. Program and control each run in a process of their own and in an empty working
folder.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Seen(NamedTuple):
    """What a program saw: whether it is what its author would expect, and what it is, in a few words with figures."""

    as_expected: bool
    what: str


Program = Generator[str, None, Seen]


@dataclass(frozen=True)
class Pitfall:
    """One pitfall of the catalogue."""

    name: str
    title: str
    style: str
    expected: str
    references: tuple[str, ...]
    program: Callable[[NDArray[Any], NDArray[Any]], Program]
    control: Callable[[NDArray[Any], NDArray[Any]], Program]
    control_fails: Mapping[str, str]

    def reason(self, version: str) -> str | None:
        """Say why even the control cannot work in this version of Keras, None if it must."""
        found = (why for begins, why in self.control_fails.items() if f"{version}.".startswith(f"{begins}."))
        return next(found, None)


def names(twin: str) -> list[str]:
    """Return the pitfalls of a twin by name, in alphabetical order; none if it has no folder here."""
    return sorted(path.stem for path in (Path(__file__).parent / twin).glob("*.py") if path.stem != "__init__")


def load(twin: str, name: str) -> Pitfall:
    """Return one pitfall of a twin."""
    module = importlib.import_module(f"{__name__}.{twin}.{name}")
    return Pitfall(
        name,
        module.TITLE,
        module.STYLE,
        module.EXPECTED,
        tuple(module.REFERENCES),
        module.program,
        module.control,
        getattr(module, "CONTROL_FAILS", {}),
    )
