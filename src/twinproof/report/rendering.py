"""Renders templates to pages."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import jinja2


def render(template: Path, filters: Mapping[str, Callable[..., str]], **values: Any) -> str:
    """Return the page that a template makes from `values`, which its `filters` format."""
    environment = _templates(template.parent)
    environment.filters |= filters
    return environment.get_template(template.name).render(values)


@functools.cache
def _templates(folder: Path) -> jinja2.Environment:
    """Return the templates of a folder, each of which is compiled once."""
    import jinja2

    # Text in the tables is not trusted: error messages come from the user's code.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["from_json"] = json.loads
    return environment
