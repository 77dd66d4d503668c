"""Runs a parameterized notebook and writes it twice: with its outputs, and as a page that opens offline.

Usage: python -m twinproof.report.notebook --input workflow/notebooks/learning.ipynb --output X.ipynb --html X.html
       -p environment tf2.21-cpu -p twin simple -p tables results/tables
"""

import argparse
import difflib
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twinproof.base.errors import UserError, entry_point
from twinproof.base.files import write_whole

KERNEL = "python3"
# Figures are images and there are no formulas, so the page needs no script; nbconvert would load its own from outside.
# The alternative text of a figure is in its cell's metadata.
PAGE = """{% extends "lab/index.html.j2" %}
{% block html_head_js %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block jupyter_widgets %}{% endblock %}
{% block data_svg scoped %}
<div class="jp-RenderedSVG jp-OutputArea-output" data-mime-type="image/svg+xml">
<img alt="{{ cell.metadata.alt | default("a figure", true) | escape_html }}"
 src="data:image/svg+xml;base64,{{ output.data["image/svg+xml"] | text_base64 }}">
</div>
{% endblock %}
"""


class NotebookError(Exception):
    """A notebook that did not run to its end, with a message that says where it stopped and why."""


def execute(source: Path, parameters: dict[str, str]) -> Any:
    """Run the notebook `source` with `parameters`, and return it with its outputs.

    Raises
    ------
    UserError
        If the notebook cannot be read, or its parameters differ from those given.
    NotebookError
        If a cell raises, or the kernel dies.
    """
    check_parameters(source, parameters)
    import papermill  # type: ignore[import-untyped]
    from nbclient.exceptions import DeadKernelError
    from traitlets.config import Config

    # Unix sockets need no network. Abstract ones (`@`) have no path, which could be too long.
    sockets = Config({"KernelManager": {"transport": "ipc", "ip": f"@twinproof-{uuid.uuid4()}"}})
    with _isolated_settings():
        try:
            return papermill.execute_notebook(
                source, None, parameters, kernel_name=KERNEL, progress_bar=sys.stderr.isatty(), config=sockets
            )
        except papermill.PapermillExecutionError as error:
            cell = f"cell {error.exec_count}" if error.exec_count else f"cell at place {error.cell_index + 1}"
            raise NotebookError(f"{source}, {cell}: {error.ename}: {error.evalue}\n{_indent(error.source)}") from None
        except DeadKernelError:
            raise NotebookError(f"{source}: the kernel died, perhaps because it ran out of memory") from None


def check_parameters(source: Path, parameters: dict[str, str]) -> None:
    """Check that `parameters` are exactly those of the cell tagged `parameters`.

    Papermill would replace a missing one by its default, and define an unknown one as a variable that nobody reads.

    Raises
    ------
    UserError
        If the notebook cannot be read, or a parameter is unknown or missing.
    """
    import nbformat
    import papermill

    try:
        nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]
        known = list(papermill.inspect_notebook(source))
    except (OSError, ValueError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise UserError(f"{source}: cannot be read as a notebook ({error})") from None
    allowed = f"allowed: {', '.join(known) or 'none, because no cell is tagged `parameters`'}"
    for name in parameters:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            raise UserError(f"{source}: unknown parameter {name!r}{f'; {close[0]}?' if close else ''}; {allowed}")
    if missing := [name for name in known if name not in parameters]:
        raise UserError(f"{source}: missing parameter {', '.join(missing)}; give each with -p; {allowed}")


def to_html(notebook: Any, title: str) -> str:
    """Return an executed notebook as one HTML page without any script.

    Raises
    ------
    ValueError
        If a page would load something from outside: a fault of the notebook or of the template.
    """
    import re

    from nbconvert import HTMLExporter

    exporter = HTMLExporter(raw_template=PAGE)  # type: ignore[no-untyped-call]
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": title}})
    if match := re.search(
        r"""<script|<(?:img|link|iframe)\b[^>]*(?:src|href)\s*=\s*["']?(?:https?:)?//|@import""", page
    ):
        raise ValueError(f"the page of {title} would load something: {page[match.start() : match.start() + 120]}")
    return str(page)


@entry_point
def main(arguments: list[str] | None = None) -> int:
    """Run a notebook with parameters; write it with its outputs, and as HTML."""
    parser = argparse.ArgumentParser(prog="python -m twinproof.report.notebook", description=main.__doc__)
    parser.add_argument("--input", type=Path, required=True, help="the notebook, without outputs")
    parser.add_argument("--output", type=Path, required=True, help="where to write it with its outputs")
    parser.add_argument("--html", type=Path, required=True, help="where to write its page")
    parser.add_argument("-p", "--parameter", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"))
    options = parser.parse_args(arguments)
    import nbformat

    try:
        parameters = _unique(options.parameter)
        notebook = execute(options.input, parameters)
        html = to_html(notebook, f"{options.input.stem}: {', '.join(parameters.values())}")
        write_whole(options.output, nbformat.writes(notebook) + "\n")  # type: ignore[no-untyped-call]
        write_whole(options.html, html)
    except NotebookError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    names = [name for name, _ in pairs]
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise UserError(f"-p {', '.join(repeated)}: given more than once; each parameter has one value")
    return dict(pairs)


@contextmanager
def _isolated_settings() -> Iterator[None]:
    """Ignore the user's IPython settings, and keep the kernel's files out of the home folder."""
    with tempfile.TemporaryDirectory(prefix="twinproof-") as folder:
        isolated = {"IPYTHONDIR": folder, "JUPYTER_RUNTIME_DIR": folder}
        former = {name: os.environ.get(name) for name in isolated}
        os.environ.update(isolated)
        try:
            yield
        finally:
            for name, value in former.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
