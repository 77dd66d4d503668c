"""From a template to a page."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def render(template: Path, filters: Mapping[str, Callable[..., str]], **values: Any) -> str:
    """Return the page that a template makes of `values`, which its own `filters` put into words."""
    import jinja2

    # Neither page nor template trusts a text in the tables: error messages are the user's.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"from_json": json.loads, **filters}
    return environment.get_template(template.name).render(values)
