"""Every fault of the catalogue is as the probe expects. Modules are read, not imported: Keras is not installed here."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY

FAULTS = REPOSITORY / "src" / "twinproof" / "measured" / "faults"
TWINS = REPOSITORY / "src" / "twinproof" / "measured" / "twins"
MODULES = sorted(path for path in FAULTS.glob("*/*.py") if path.stem != "__init__")
PLANTED = {
    "wrong_input_width", "mismatch_inside", "misspelt_attribute", "unused_layer", "missing_training", "wrong_dtype",
    "nan_input", "forgotten_activation", "wrong_loss_shape",
}  # fmt: skip


def functions(tree: ast.Module) -> dict[str, list[str]]:
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {function.name: [argument.arg for argument in function.args.args] for function in found}


@pytest.fixture(params=MODULES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def constant(tree: ast.Module, name: str) -> Any:
    (value,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name
    )
    return value


def test_the_title_is_a_phrase_without_a_full_stop(tree: ast.Module) -> None:
    assert re.fullmatch(r"[A-Z].*[^.!?:,;]", constant(tree, "TITLE"))


def test_the_title_stays_where_the_interpreter_drops_docstrings() -> None:
    stand_in = "import sys; sys.modules['keras'] = type(sys)('keras')"
    code = f"{stand_in}; from twinproof.measured import faults; print(faults.load('simple', 'nan_input').title)"
    done = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True)
    assert done.stdout == "A value that is not a number\n", done.stderr


def test_the_mechanism_is_a_phrase_and_the_fault_says_whether_the_style_can_matter(tree: ast.Module) -> None:
    assert re.fullmatch(r"[A-Z].*[^.!?:,;]", constant(tree, "MECHANISM"))
    assert constant(tree, "ABOUT_STYLE") in (True, False)


def test_references_are_addresses_of_public_reports(tree: ast.Module) -> None:
    found = constant(tree, "REFERENCES")
    assert isinstance(found, tuple)
    assert all(re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+/(?:issues|pull)/\d+", address) for address in found)


def test_mistakes_of_one_kind_agree_on_whether_the_style_can_matter() -> None:
    about: dict[str, set[bool]] = {}
    for path in MODULES:
        tree = ast.parse(path.read_text())
        about.setdefault(constant(tree, "MECHANISM"), set()).add(constant(tree, "ABOUT_STYLE"))
    assert {len(found) for found in about.values()} == {1}
    assert len(about) < len(MODULES)


def test_the_culprit_is_a_tuple_of_words(tree: ast.Module) -> None:
    culprit = constant(tree, "CULPRIT")
    assert isinstance(culprit, tuple) and culprit and all(word and isinstance(word, str) for word in culprit)


def test_a_mistake_of_use_has_one_program_and_one_of_code_has_one_per_style(path: Path, tree: ast.Module) -> None:
    found = functions(tree)
    if path.parent.name == "everywhere":
        assert found == {"program": ["build", "images", "labels"]}
    else:
        styles = set(functions(ast.parse((TWINS / path.parent.name).with_suffix(".py").read_text())))
        assert {"functional", "subclassed"} <= set(found) <= styles - {"naive"}
        assert all(arguments == ["images", "labels"] for arguments in found.values())


def test_no_fault_of_a_twin_has_the_name_of_a_shared_fault() -> None:
    everywhere = {path.stem for path in MODULES if path.parent.name == "everywhere"}
    assert not everywhere & {path.stem for path in MODULES if path.parent.name != "everywhere"}


def test_each_kind_of_mistake_is_planted_somewhere() -> None:
    assert {path.stem for path in MODULES} >= PLANTED
