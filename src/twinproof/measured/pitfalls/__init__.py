"""The pitfalls: code that looks right and is not, one module each, in the folder of a twin.

Each module has

- `TITLE`: the pitfall in a phrase, without a full stop;
- `STYLE`: the style that has this pitfall;
- `EXPECTED`: what its author would expect, as a sentence about what is seen;
- `REFERENCES`: public addresses where it was reported, or nothing;
- `program(images, labels)`: a generator that does what the author would do with a few images of shape (n, 784) and
  their labels, one-hot, shape (n, 10). Before each step it yields the name of the step (construct, build, compile,
  train, save, load, ...), so that the failing step is known. It returns a `Seen`, and does not catch errors;
- `control(images, labels)`: the same program without the trap, or with its remedy. It must end as expected: otherwise
  `program` may show a mistake in the module and not the trap;
- `CONTROL_FAILS`, only if even the control cannot work: the version of Keras, or the start of it, and the reason.

To add a pitfall, add such a module. Program and control each run in their own process and in an empty working folder. A
module that imports TensorFlow is not available if Keras runs without it.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOLD = ("TITLE", "STYLE", "EXPECTED", "REFERENCES", "CONTROL_FAILS")


class Seen(NamedTuple):
    """What a program saw: whether it is what its author would expect, and what it is, in a few words with figures."""

    as_expected: bool
    what: str


Program = Generator[str, None, Seen]


@dataclass(frozen=True)
class Pitfall:
    """One pitfall of the catalogue; where the environment has not what it imports, that is `lacking`."""

    name: str
    title: str
    style: str
    expected: str
    references: tuple[str, ...]
    control_fails: Mapping[str, str]
    program: Callable[[NDArray[Any], NDArray[Any]], Program] | None = None
    control: Callable[[NDArray[Any], NDArray[Any]], Program] | None = None
    lacking: tuple[str, ...] = ()

    def reason(self, version: str) -> str | None:
        """Say why even the control cannot work in this version of Keras, None if it must."""
        found = (why for begins, why in self.control_fails.items() if f"{version}.".startswith(f"{begins}."))
        return next(found, None)


def names(twin: str) -> list[str]:
    """Return the pitfalls of a twin by name, in alphabetical order; none if it has no folder here."""
    return sorted(path.stem for path in (Path(__file__).parent / twin).glob("*.py") if path.stem != "__init__")


def load(twin: str, name: str) -> Pitfall:
    """Return one pitfall of a twin."""
    place = f"{__name__}.{twin}.{name}"
    try:
        module = importlib.import_module(place)
    except ModuleNotFoundError as error:
        lacking = (error.name or "").partition(".")[0]
        if lacking in ("", __name__.partition(".")[0]):
            raise
        return _described(name, _constants(place), lacking=(lacking,))
    return _described(name, vars(module), program=module.program, control=module.control)


def _described(name: str, told: Mapping[str, Any], **more: Any) -> Pitfall:
    references, fails = tuple(told["REFERENCES"]), told.get("CONTROL_FAILS", {})
    return Pitfall(name, told["TITLE"], told["STYLE"], told["EXPECTED"], references, fails, **more)


def _constants(place: str) -> dict[str, Any]:
    """Return a module's declarations, without importing it."""
    found = importlib.util.find_spec(place)
    told = {}
    for node in ast.parse(Path(str(found and found.origin)).read_text()).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id in _TOLD:
            told[target.id] = ast.literal_eval(cast("ast.Assign", node).value)
    return told
