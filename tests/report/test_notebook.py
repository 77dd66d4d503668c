"""Parameterized notebooks: their parameters are checked, and their pages need nothing from outside."""

import json
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import pytest

from twinproof.analysis.columns import read_table
from twinproof.report import notebook

ENVIRONMENT = "tf2.21-cpu"
LEARNING = Path(__file__).parents[2] / "workflow" / "notebooks" / "learning.ipynb"
TIMING = LEARNING.with_name("timing.ipynb")
Write = Callable[[Path, dict[str, Any], dict[str, Any]], Path]


def run(source: Path, folder: Path, **parameters: object) -> int:
    given = [text for name, value in parameters.items() for text in ("-p", name, str(value))]
    paths = ["--input", str(source), "--output", str(folder / "X.ipynb"), "--html", str(folder / "X.html")]
    return notebook.main([*paths, *given])


def write_notebook(path: Path, *codes: str) -> Path:
    """Write a notebook of code cells, the first of which holds the parameters."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    cells = [new_code_cell(code) for code in codes]
    cells[0].metadata["tags"] = ["parameters"]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.write_text(nbformat.writes(new_notebook(cells=cells, metadata={"kernelspec": kernel})))
    return path


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"environment": "e", "twni": "simple", "tables": "t"}, "unknown parameter 'twni'; twin?"),
        ({"environment": "e", "twin": "simple", "tables": "t", "colour": "red"}, "unknown parameter 'colour'"),
        ({"environment": "e", "tables": "t"}, "missing parameter twin"),
        ({}, "missing parameter environment, twin, tables"),
    ],
)
def test_wrong_parameters_are_named_with_the_allowed_ones_and_exit_with_2(
    parameters: dict[str, str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(LEARNING, tmp_path, **parameters) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert "allowed: environment, twin, tables" in error
    assert list(tmp_path.iterdir()) == []


def test_parameter_given_twice_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = ["--input", str(LEARNING), "--output", str(tmp_path / "X.ipynb"), "--html", str(tmp_path / "X.html")]
    assert notebook.main([*paths, "-p", "twin", "simple", "-p", "twin", "dynamic"]) == 2
    assert "twin: given more than once" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, "{", "{}", "no notebook"])
def test_file_that_is_not_a_notebook_is_named(
    content: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "broken.ipynb"
    if content is not None:
        source.write_text(content)
    assert run(source, tmp_path, twin="simple") == 2
    assert "broken.ipynb" in capsys.readouterr().err


def test_failing_cell_is_named_with_its_error_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_notebook(tmp_path / "failing.ipynb", "twin = 'simple'", "raise ArithmeticError(f'{twin} is odd')")
    assert run(source, tmp_path / "out", twin="dynamic") == 1
    message = capsys.readouterr().err
    assert "failing.ipynb, cell 3: ArithmeticError: dynamic is odd" in message
    assert "raise ArithmeticError" in message
    assert not (tmp_path / "out").exists()


def test_notebook_whose_kernel_dies_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_notebook(tmp_path / "dying.ipynb", "twin = 'simple'", "import os\nos._exit(9)")
    assert run(source, tmp_path / "out", twin="dynamic") == 1
    assert "the kernel died" in capsys.readouterr().err


def test_learning_notebook_becomes_a_page_with_pictures_and_without_scripts(results: Path, tmp_path: Path) -> None:
    assert run(LEARNING, tmp_path, environment=ENVIRONMENT, twin="dynamic", tables=results / "tables") == 0
    html = (tmp_path / "X.html").read_text()
    assert "<script" not in html
    assert not re.search(r"""<(img|link|iframe)\b[^>]*(src|href)=["']?(https?:)?//|@import|url\(["']?http""", html)
    descriptions = re.findall(r'<img alt="([^"]+)"', html)
    assert html.count("<img") == len(set(descriptions)) == 4
    outputs = [
        output for cell in json.loads((tmp_path / "X.ipynb").read_text())["cells"] for output in cell.get("outputs", [])
    ]
    assert {output["output_type"] for output in outputs} <= {"execute_result", "display_data"}
    assert "dynamic" in html


@pytest.mark.parametrize("probe", ["learning", "identity"])
def test_learning_notebook_says_what_was_not_measured(
    probe: str, results: Path, records: dict[str, Any], study: dict[str, Any], write_results: Write
) -> None:
    rest = {path: record for path, record in records.items() if record["probe"] != probe}
    part = write_results(results / "part", rest, study)
    assert run(LEARNING, part, environment=ENVIRONMENT, twin="simple", tables=part / "tables") == 0
    assert f"{probe.capitalize()} was not measured." in (part / "X.html").read_text()


def test_timing_notebook_shows_ratios_verdicts_processes_controls_and_errors(
    timed_results: Path, tmp_path: Path
) -> None:
    tables = timed_results / "tables"
    assert run(TIMING, tmp_path, environment=ENVIRONMENT, twin="dynamic", tables=tables) == 0
    html = (tmp_path / "X.html").read_text()
    assert "<script" not in html
    assert html.count("<img") == len(set(re.findall(r'<img alt="([^"]+)"', html))) == 2
    timing = read_table(tables, "timing")
    for answer in timing.loc[timing["twin"] == "dynamic", "answer"]:
        assert escape(answer) in html
    for said in (
        "1 slower (train_step)",
        "Widest steady interval",
        "Stolen time: 8",
        "Pinned: to core 7",
        "&lt;b&gt;shapes&lt;/b&gt; (128, 10)",
    ):
        assert said in html
    assert "simple," not in html


def test_timing_notebook_says_that_timing_was_not_measured(results: Path, tmp_path: Path) -> None:
    assert run(TIMING, tmp_path, environment=ENVIRONMENT, twin="simple", tables=results / "tables") == 0
    assert "Timing was not measured." in (tmp_path / "X.html").read_text()


def test_unknown_twin_is_named_with_the_allowed_ones(
    results: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(LEARNING, tmp_path, environment=ENVIRONMENT, twin="smiple", tables=results / "tables") == 1
    assert f"{ENVIRONMENT}/smiple: not in" in (message := capsys.readouterr().err)
    assert f"{ENVIRONMENT}/simple" in message


def test_shipped_notebooks_hold_no_outputs() -> None:
    for path in LEARNING.parent.glob("*.ipynb"):
        code = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code), path


def test_a_notebook_needs_no_network_not_even_a_loopback(tmp_path: Path) -> None:
    asks = "from ipykernel import get_connection_info\nprint(get_connection_info(unpack=True)['transport'])"
    source = write_notebook(tmp_path / "N.ipynb", "x = 1", asks)
    assert run(source, tmp_path, x=1) == 0
    outputs = json.loads((tmp_path / "X.ipynb").read_text())["cells"][-1]["outputs"]
    assert outputs[0]["text"] == ["ipc\n"]
