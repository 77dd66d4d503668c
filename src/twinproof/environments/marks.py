"""Which images count as built: each has a mark, which is set aside if the image no longer matches its lock."""

import sys
from collections.abc import Iterable
from pathlib import Path

from twinproof.environments.environment import Environment


def misplaced_marks(names: Iterable[str]) -> dict[Path, Path]:
    """Return the marks of images that must move, with their new paths: aside if unfit, back if they match again."""
    found = {}
    for environment in map(Environment, names):
        mark = environment.image_mark
        aside = mark.with_suffix(".json.aside")
        if mark.exists():
            if environment.image_fault():
                found[mark] = aside
        elif aside.exists() and environment.image_fault(aside) is None:
            found[aside] = mark
    return found


def check_image_marks(names: Iterable[str]) -> None:
    """Set aside the mark of each image that cannot be used, and report it; restore marks that match again."""
    for environment in map(Environment, names):
        for source, target in misplaced_marks([environment.name]).items():
            if source == environment.image_mark:
                fault = environment.image_fault()
                print(f"{environment.name}: the image is {fault}; it counts as not built", file=sys.stderr)
            source.replace(target)
