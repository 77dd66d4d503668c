"""Scripts and styles that make the page interactive offline, and the policy that blocks everything else."""

import base64
import hashlib
import re
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import NamedTuple

TEMPLATE = Path(__file__).parent / "template"


class Script(NamedTuple):
    """A script in the page: its library, its type and its text."""

    library: str
    type: str
    text: str


def scripts(*, drawn: bool) -> list[Script]:
    """Return the scripts of a page in order, without the charting library if nothing is drawn."""
    vega = [Script("vega", "text/javascript", _harmless(_vega()))] if drawn else []
    own = (TEMPLATE / "page.js").read_text()
    return [*vega, Script("datatables", "module", _harmless(_datatables())), Script("", "module", own)]


def styles() -> str:
    """Return the style sheet: that of the table library, followed by ours."""
    library = (resources.files("itables") / "html" / "dt_bundle.css").read_text()
    # The comments contain URLs. Nothing loads them, but a reader of the source would have to check that.
    comments = re.sub(r"/\*.*?\*/", "", library, flags=re.DOTALL)
    return comments + (TEMPLATE / "page.css").read_text()


def policy(scripts: Iterable[Script], style: str) -> str:
    """Return a Content-Security-Policy that allows only these scripts and this style sheet.

    The browser enforces it: nothing is loaded, nothing is sent, and no text in a table can run.
    """
    allowed = {
        "default-src": "'none'",
        "script-src": " ".join(_digest(script.text) for script in scripts),
        "style-src": _digest(style),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{directive} {sources}" for directive, sources in allowed.items())


def _vega() -> str:
    """Return Vega, Vega-Lite and vega-embed as one script, in the version that Altair targets."""
    import altair
    import vl_convert

    version = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return str(vl_convert.javascript_bundle(vl_version=version))  # type: ignore[call-arg]  # the stub lacks a default


def _datatables() -> str:
    """Return DataTables with its buttons, as a module that exposes it on `window`."""
    text = (resources.files("itables") / "html" / "dt_bundle.js").read_text()
    exported = re.findall(r"export\s*{[^}]*?(\w+) as default[^}]*};?", text)
    if len(exported) != 1:
        raise RuntimeError("the module of itables exports its DataTable in another way than it did")
    return re.sub(r"export\s*{[^}]*};?", f"window.DataTable = {exported[0]};", text)


def _harmless(script: str) -> str:
    # A closing tag inside a script would end it, and an opening comment would keep it from ending.
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
