"""The package goes into a user's own environment: beside his Keras, and on his Python."""

import ast
from collections.abc import Iterator

from .conftest import REPOSITORY

PACKAGE = REPOSITORY / "src" / "twinproof"
# What runs outside the venv of the workflow. `make lint` has ruff and mypy look at it too; mypy knows no Python before
# 3.10, and ruff no libraries.
ANYWHERE = ("base", "environments", "measured", "proof", "study")


def newer_than_python_3_9(source: str) -> Iterator[str]:
    """Find what parses or type checks as Python 3.10, and fails in Python 3.9."""
    for node in ast.walk(ast.parse(source, feature_version=(3, 9))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id == "zip" and any(keyword.arg == "strict" for keyword in node.keywords):
            yield f"line {node.lineno}: zip(strict=...)"
        if node.func.id in ("isinstance", "issubclass") and isinstance(node.args[-1], ast.BinOp):
            yield f"line {node.lineno}: {ast.unparse(node.args[-1])} as a type"


def test_what_runs_in_a_users_environment_runs_on_python_3_9() -> None:
    files = [path for folder in ANYWHERE for path in sorted((PACKAGE / folder).rglob("*.py"))]
    assert [f"{path}, {found}" for path in files for found in newer_than_python_3_9(path.read_text())] == []
