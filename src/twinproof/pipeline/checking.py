"""Checks a user's own twin in an installed environment, before a study measures it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from twinproof.base.styles import Style
from twinproof.base.words import ONE_NETWORK, Identity
from twinproof.environments.processes import start


@dataclass(frozen=True)
class Checked:
    """The findings about each style, or the message with which a twin was refused."""

    styles: tuple[dict[str, Any], ...]
    refused: str = ""

    @property
    def sound(self) -> bool:
        """Whether a study can judge the twin: its styles are one network and can be trained."""
        return bool(self.styles) and all(_is_sound(style) for style in self.styles)


def check(environment: str, params: Path, twin: str) -> Checked:
    """Check a twin in an environment."""
    module = "twinproof.measured.check_twin"
    done = start(environment, "-m", module, "--params", str(params), "--environment", environment, "--twin", twin)
    if done.returncode:
        return Checked((), done.stderr.strip())
    return Checked(tuple(cast("list[dict[str, Any]]", json.loads(done.stdout.splitlines()[-1]))))


def describe(environment: str, checked: Checked) -> Iterator[str]:
    """Yield the lines that describe the findings in an environment."""
    if checked.refused:
        yield f"{environment}: refused"
        yield checked.refused
        return
    yield f"{environment}: its functions return valid models"
    for style in checked.styles:
        if style["error"]:
            found = f"{style['error']['type']}: {' '.join(style['error']['message'].split())}"
        else:
            proven = "" if style["style"] == Style.FUNCTIONAL else f"compared with functional: {style['identity']}; "
            reached = f", accuracy {style['accuracy']:.3f}" if style["accuracy"] is not None else ""
            found = f"{proven}trained: test loss {style['loss']:.4g}{reached}"
        yield f"  {style['style']:11} {found}"
        if style["identity"] == Identity.DIFFERENT:
            yield f"  {'':11} {style['proof']}"


def _is_sound(style: dict[str, Any]) -> bool:
    if style["error"]:
        return False
    return style["style"] == Style.FUNCTIONAL or Identity(style["identity"]) in ONE_NETWORK
