"""The catalogue of pitfalls: the declarations of each module, and how to add one."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from tests.measured.pitfalls.reports import REPORTS
from twinproof.measured import pitfalls
from twinproof.measured.probes.steps import follow

FOLDER = Path(pitfalls.__file__).parent
MODULES = sorted(path for path in FOLDER.glob("*/*.py") if path.stem != "__init__")
TWINS = {path.stem for path in (FOLDER.parent / "twins").glob("*.py")}
STYLES = ("sequential", "functional", "subclassed")

MADE_UP = '''
"""To be found by a program of two steps."""

TITLE = "A number that is not what it seems"
STYLE = "functional"
EXPECTED = "It is 1."
REFERENCES = ("https://example.org/1",)
CONTROL_FAILS = {"2": "there was no number then", "3.1": "it was 0"}


def program(images, labels):
    yield "think"
    from twinproof.measured.pitfalls import Seen

    yield "look"
    return Seen(images == 1, f"it is {images}")


def control(images, labels):
    return program(1, labels)
'''


def constants(module: Path) -> dict[str, Any]:
    """Return the declarations of a module, without importing it: only environments have Keras."""
    found = {}
    for node in ast.parse(module.read_text()).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id in ("TITLE", "STYLE", "EXPECTED", "REFERENCES", "CONTROL_FAILS"):
            found[target.id] = ast.literal_eval(node.value)
    return found


def names(modules: list[Path]) -> list[str]:
    return [f"{module.parent.name}/{module.stem}" for module in modules]


@pytest.mark.parametrize("module", MODULES, ids=names(MODULES))
def test_a_pitfall_that_cannot_be_imported_says_what_it_is_and_what_is_missing(module: Path) -> None:
    pitfall, told = pitfalls.load(module.parent.name, module.stem), constants(module)
    assert pitfall.lacking in (("keras",), ("tensorflow",))
    assert (pitfall.title, pitfall.style, pitfall.expected) == (told["TITLE"], told["STYLE"], told["EXPECTED"])
    assert pitfall.references == tuple(told["REFERENCES"])


@pytest.mark.parametrize("module", MODULES, ids=names(MODULES))
def test_a_pitfall_says_what_it_is_and_what_its_author_expects(module: Path) -> None:
    told = constants(module)
    assert re.fullmatch(r"[A-Z].*[^.!?:,;]", told["TITLE"])
    assert told["STYLE"] in STYLES
    assert re.fullmatch(r"[A-Z].*\.", told["EXPECTED"])
    assert isinstance(told["REFERENCES"], tuple)
    assert all(re.fullmatch(r"https://[\w-]+(\.[\w-]+)+(/\S*)?", it) for it in told["REFERENCES"])
    assert all(re.fullmatch(r"\d+(\.\d+)*", version) and why for version, why in told.get("CONTROL_FAILS", {}).items())


@pytest.mark.parametrize("module", MODULES, ids=names(MODULES))
def test_a_pitfall_has_a_program_and_a_control_that_name_their_steps_and_say_what_they_saw(module: Path) -> None:
    functions = {it.name: it for it in ast.parse(module.read_text()).body if isinstance(it, ast.FunctionDef)}
    for part in (functions["program"], functions["control"]):
        assert [it.arg for it in part.args.args] == ["images", "labels"]
        assert isinstance(part.body[-1], ast.Return)
    # Shared steps may be in a separate function, here or in another module.
    steps = [it.value for it in ast.walk(ast.parse(module.read_text())) if isinstance(it, ast.Yield)]
    assert all(isinstance(it, ast.Constant) and isinstance(it.value, str) for it in steps)


def test_every_style_has_pitfalls_and_no_two_have_one_name() -> None:
    assert {constants(module)["STYLE"] for module in MODULES} == set(STYLES)
    assert len({module.stem for module in MODULES}) == len(MODULES)
    assert len({constants(module)["TITLE"] for module in MODULES}) == len(MODULES)


def test_at_least_ten_reports_are_shown_in_both_styles() -> None:
    styles = {f"{module.parent.name}/{module.stem}": constants(module)["STYLE"] for module in MODULES}
    assert len({it.entry for it in REPORTS}) >= 10
    assert {(styles[it.entry], styles[it.counterpart]) for it in REPORTS} == {("subclassed", "functional")}


def test_names_are_those_of_the_files_in_the_folder_of_a_twin() -> None:
    assert {module.parent.name for module in MODULES} <= TWINS
    assert pitfalls.names("dynamic") == [path.stem for path in MODULES if path.parent.name == "dynamic"]
    assert pitfalls.names("a twin without any") == []


def test_adding_a_file_adds_a_pitfall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pitfalls, "__file__", str(tmp_path / "__init__.py"))
    monkeypatch.setattr(pitfalls, "__path__", [str(tmp_path)])
    assert pitfalls.names("mine") == []
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "number.py").write_text(MADE_UP.lstrip())
    assert pitfalls.names("mine") == ["number"]
    pitfall = pitfalls.load("mine", "number")
    assert (pitfall.title, pitfall.style) == ("A number that is not what it seems", "functional")
    assert (pitfall.expected, pitfall.references) == ("It is 1.", ("https://example.org/1",))
    ended = follow(pitfall.program(2, None))
    assert ended == {"step": "look", "value": pitfalls.Seen(False, "it is 2"), "error": None}
    assert follow(pitfall.control(2, None))["value"] == pitfalls.Seen(True, "it is 1")
    # Parts of a version are compared as whole numbers, not as text.
    reasons = {version: pitfall.reason(version) for version in ("2.15.0", "3.1", "3.1.2", "3.15.1", "3.8.0")}
    assert reasons == {
        "2.15.0": "there was no number then", "3.1": "it was 0", "3.1.2": "it was 0", "3.15.1": None, "3.8.0": None,
    }  # fmt: skip
