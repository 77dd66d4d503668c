"""Renders templates to pages."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def render(template: Path, filters: Mapping[str, Callable[..., str]], **values: Any) -> str:
    """Return the page that a template makes from `values`, which its `filters` format."""
    import jinja2

    # Text in the tables is not trusted: error messages come from the user's code.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"from_json": json.loads, **filters}
    return environment.get_template(template.name).render(values)
