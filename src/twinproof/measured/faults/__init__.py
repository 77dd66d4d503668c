"""The faults: mistakes that are planted, one module each, to see at which stage they are caught in each style.

Mistakes in using a model are in the folder `everywhere`, those in writing it are in the folder of the twin. Each
module has

- `TITLE`: the mistake in a phrase, without a full stop;
- `MECHANISM`: what goes wrong, in a phrase that mistakes of the same kind share: these count as one;
- `ABOUT_STYLE`: whether the style can matter: the mistake is in the network's code, or a style can detect it;
- `REFERENCES`: public reports of it; empty if none was found;
- `CULPRIT`: words, one of which an error or a warning must contain to name the culprit;
- a generator that makes the mistake and yields each `Stage` before it begins, but never the last: in `everywhere`
  `program(build, images, labels)`, where `build` constructs the twin's model of a style; in the folder of a twin
  `functional(images, labels)`, and `sequential` and `subclassed` if the style can have that mistake.

The images have the shape (n, pixels), the labels are one-hot, shape (n, classes). Do not catch errors. To add a fault,
add such a module. Each runs in its own process and in an empty working folder.
"""

import importlib
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import keras

EVERYWHERE = "everywhere"
# TensorFlow writes the stack into the message: the place, and mostly the line that is there.
_CODE = re.compile(r'^ *File "[^"]*", line \d+.*\n(?: {8}.*\n)?', re.MULTILINE)

Program = Generator[str, None, None]


@dataclass(frozen=True)
class Fault:
    """One fault of the catalogue."""

    name: str
    title: str
    mechanism: str
    about_style: bool
    references: tuple[str, ...]
    culprit: tuple[str, ...]
    module: ModuleType

    def is_possible(self, style: str) -> bool:
        """Tell whether one can make this mistake in a style."""
        return hasattr(self.module, "program") or hasattr(self.module, style)

    def program(self, style: str, build: "Callable[[], keras.Model]", images: Any, labels: Any) -> Program:
        """Return the program that makes the mistake in a style."""
        if hasattr(self.module, "program"):
            return cast(Program, self.module.program(build, images, labels))
        return cast(Program, getattr(self.module, style)(images, labels))

    def is_named_by(self, texts: list[str]) -> bool:
        """Tell whether one of `texts` names the culprit; lines of code in them do not count."""
        return any(word in _CODE.sub("", text) for text in texts for word in self.culprit)


def names(twin: str, everywhere: bool = True) -> list[str]:
    """Return the faults that concern a twin by name: those of use first, each kind in alphabetical order."""
    folder = Path(__file__).parent
    parts = (EVERYWHERE, twin) if everywhere else (twin,)
    found = (path.stem for part in parts for path in sorted((folder / part).glob("*.py")))
    return [name for name in found if name != "__init__"]


def load(twin: str, name: str) -> Fault:
    """Return one fault that concerns a twin."""
    own = (Path(__file__).parent / twin / f"{name}.py").exists()
    module = importlib.import_module(f"{__name__}.{twin if own else EVERYWHERE}.{name}")
    return Fault(
        name,
        module.TITLE,
        module.MECHANISM,
        module.ABOUT_STYLE,
        tuple(module.REFERENCES),
        tuple(module.CULPRIT),
        module,
    )
