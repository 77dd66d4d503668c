"""The package fits into a user's own environment: next to Keras, on the user's Python, with few dependencies."""

import ast
import importlib.metadata
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import twinproof
from twinproof.crate.citation import read_citation

from .conftest import ENVIRONMENT, REPOSITORY, Completed, python_of

PACKAGE = REPOSITORY / "src" / "twinproof"
# What runs outside the workflow's venv. `make lint` checks it with ruff and mypy too, but mypy supports no Python
# before 3.10, and ruff does not know libraries.
ANYWHERE = ("base", "environments", "measured", "proof", "study")
OF_THE_STUDY = (["plan"], ["try"], ["check"], ["versions"], ["compare", "HEAD"], ["show", "HEAD"], ["doctor"])
IMPORTED = """
import importlib, json, pkgutil, sys
import keras, numpy
import twinproof.proof
before = set(sys.modules)
for module in pkgutil.walk_packages(twinproof.proof.__path__, "twinproof.proof."):
    importlib.import_module(module.name)
new = {name for name in set(sys.modules) - before if name.partition(".")[0] not in sys.stdlib_module_names}
print(json.dumps([twinproof.__file__, sorted(new)]))
"""


def newer_than_python_3_9(source: str) -> Iterator[str]:
    """Find what parses or type checks as Python 3.10, and fails in Python 3.9."""
    for node in ast.walk(ast.parse(source, feature_version=(3, 9))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id == "zip" and any(keyword.arg == "strict" for keyword in node.keywords):
            yield f"line {node.lineno}: zip(strict=...)"
        if node.func.id in ("isinstance", "issubclass") and isinstance(node.args[-1], ast.BinOp):
            yield f"line {node.lineno}: {ast.unparse(node.args[-1])} as a type"


def imported(source: str) -> set[str]:
    """Return what a module imports anywhere, without the standard library; of other packages only the first name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or ".")
    firsts = {".".join(name.split(".")[:2]) if name.startswith("twinproof.") else name.split(".")[0] for name in names}
    return firsts - sys.stdlib_module_names


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as users get it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=REPOSITORY, check=True
    )
    (built,) = folder.glob("*.whl")
    return built


def install(wheel: Path, *where: str | Path) -> None:
    subprocess.run(["uv", "pip", "install", "--quiet", "--offline", "--no-deps", *where, wheel], check=True)


def light_requirements(site: Path) -> list[Requirement]:
    """Return what the installed package requires without any extra."""
    (own,) = importlib.metadata.distributions(name="twinproof", path=[str(site)])
    asked = map(Requirement, own.requires or [])
    return [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]


@pytest.fixture(scope="module")
def venv(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv as `pip install` makes it; its dependencies are linked from the workflow's venv."""
    folder = tmp_path_factory.mktemp("light")
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)
    (site,) = (folder / "venv").glob("lib/python*/site-packages")
    install(wheel, "--python", folder / "venv")
    waiting, linked = light_requirements(site), set()
    while waiting:
        requirement = waiting.pop()
        if requirement.name in linked or not (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            continue
        linked.add(requirement.name)
        found = importlib.metadata.distribution(requirement.name)
        waiting += map(Requirement, found.requires or [])
        for entry in {file.parts[0] for file in found.files or []} - {"..", "__pycache__"}:
            (site / entry).symlink_to(str(found.locate_file(entry)))
    return folder / "venv"


def run(program: Path, *arguments: str | Path, cwd: Path, **variables: str) -> Completed:
    variables = {"PATH": os.environ["PATH"], "HOME": str(cwd), "COLUMNS": "120", **variables}
    return subprocess.run([program, *arguments], cwd=cwd, env=variables, capture_output=True, text=True, timeout=120)


def test_package_citation_and_changelog_have_the_same_version() -> None:
    assert read_citation(REPOSITORY / "CITATION.cff").version == twinproof.__version__
    released = re.findall(r"^## (\d+\.\d+\.\d+)", (REPOSITORY / "CHANGELOG.md").read_text(), re.M)
    assert released[:1] in ([], [twinproof.__version__])


def test_what_runs_in_a_users_environment_runs_on_python_3_9() -> None:
    files = [path for folder in ANYWHERE for path in sorted((PACKAGE / folder).rglob("*.py"))]
    files += [PACKAGE / name for name in ("__init__.py", "cli.py", "pytest_plugin.py")]
    assert [f"{path}, {found}" for path in files for found in newer_than_python_3_9(path.read_text())] == []


def test_a_proof_needs_only_keras_and_numpy() -> None:
    found = {name for path in (PACKAGE / "proof").rglob("*.py") for name in imported(path.read_text())}
    assert found <= {"keras", "numpy", "twinproof.base", "twinproof.proof"}


def test_the_package_brings_numpy_and_the_command_line(venv: Path) -> None:
    (site,) = venv.glob("lib/python*/site-packages")
    assert {requirement.name for requirement in light_requirements(site)} == {"numpy", "typer"}
    (own,) = importlib.metadata.distributions(name="twinproof", path=[str(site)])
    assert own.metadata["Requires-Python"] == ">=3.9"


def test_the_command_line_starts_with_nothing_else(venv: Path, tmp_path: Path) -> None:
    done = run(venv / "bin" / "twinproof", "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert {command for command, *_ in OF_THE_STUDY} <= set(done.stdout.split())


@pytest.mark.parametrize("command", OF_THE_STUDY, ids=" ".join)
def test_a_command_of_the_study_says_in_one_line_what_to_install(
    venv: Path, tmp_path: Path, command: list[str]
) -> None:
    done = run(venv / "bin" / "twinproof", *command, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"error: a study needs \w+, which is not installed: install twinproof\[study\]\n", done.stderr)


def test_a_proof_is_imported_beside_the_users_keras(wheel: Path, tmp_path: Path) -> None:
    """With Keras, it imports only itself and its dependencies, from where it is installed."""
    install(wheel, "--target", tmp_path / "own")
    done = run(
        python_of(ENVIRONMENT), "-c", IMPORTED, cwd=tmp_path, PYTHONPATH=str(tmp_path / "own"), TF_CPP_MIN_LOG_LEVEL="3"
    )
    assert done.returncode == 0, done.stderr
    place, new = json.loads(done.stdout)
    assert Path(place).is_relative_to(tmp_path)
    assert {"twinproof.proof.prove", "twinproof.proof.result"} <= set(new)
    assert [name for name in new if not name.startswith(("twinproof.proof.", "twinproof.base"))] == []


def test_the_fixture_comes_with_the_package_and_leaves_keras_alone_until_it_is_used(venv: Path, tmp_path: Path) -> None:
    (site,) = venv.glob("lib/python*/site-packages")
    (own,) = importlib.metadata.distributions(name="twinproof", path=[str(site)])
    (plugin,) = own.entry_points.select(group="pytest11")
    look = f"import sys, {plugin.value} as plugin; print('keras' in sys.modules, plugin.prove.__doc__ is not None)"
    # The venv has no pytest, so it uses that of this process and its dependencies.
    done = run(venv / "bin" / "python", "-c", look, cwd=tmp_path, PYTHONPATH=str(Path(pytest.__file__).parents[1]))
    assert (done.returncode, done.stdout) == (0, "False True\n"), done.stderr


def test_a_study_outside_a_clone_is_refused_in_one_line(wheel: Path, tmp_path: Path) -> None:
    install(wheel, "--target", tmp_path / "site")
    (tmp_path / "study").mkdir()
    (tmp_path / "study/params.yaml").write_text((REPOSITORY / "params.yaml").read_text())
    start = "import sys; from twinproof.cli import main; sys.exit(main(['plan']))"
    done = run(Path(sys.executable), "-c", start, cwd=tmp_path / "study", PYTHONPATH=str(tmp_path / "site"))
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: a study runs in a clone of the repository") and done.stderr.count("\n") == 1
