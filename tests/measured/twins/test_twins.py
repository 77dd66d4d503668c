"""A twin is a module with one function per style; its mistakes are reported before anything is measured."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from twinproof.base.errors import UserError
from twinproof.measured import twins

GOOD = "def functional(width=1):\n    return width\n\ndef subclassed(width=1):\n    return -width\n"


def load(
    monkeypatch: pytest.MonkeyPatch, folder: Path, source: str, arguments: Mapping[str, Any] | None = None
) -> twins.Twin:
    """Load a twin from `source`, a module whose name no other test uses."""
    name = f"module_{folder.name}"
    (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(folder)
    return twins.load("mine", name, arguments or {})


def test_a_module_of_the_users_own_is_a_twin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    twin = load(monkeypatch, tmp_path, GOOD, {"width": 3})
    assert {style: build() for style, build in twin.builders.items()} == {"functional": 3, "subclassed": -3}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", "has no style"),
        ("functional = 1\n\ndef sequential():\n    pass\n", "has sequential"),
        (GOOD.replace("functional", "graph"), "has subclassed"),
        (GOOD.replace("subclassed", "klass"), "has functional"),
    ],
    ids=["no function", "not a function", "no functional", "functional alone"],
)
def test_a_module_without_two_styles_is_refused_with_what_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, found: str
) -> None:
    with pytest.raises(UserError, match=rf"twins\.mine\.module: .* {found}; it must have a function `functional`"):
        load(monkeypatch, tmp_path, source)


@pytest.mark.parametrize(
    ("source", "arguments", "words"),
    [
        (GOOD, {"depth": 3}, r"functional does not take \{'depth': 3\}.*its arguments are \(width=1\)"),
        (GOOD.replace("subclassed(width=1)", "subclassed()"), {"width": 3}, r"subclassed does not take .* are \(\)"),
        (GOOD.replace("width=1", "width"), {}, r"functional does not take \{\}.*missing.*'width'"),
    ],
    ids=["unknown", "unknown to one style", "missing"],
)
def test_arguments_that_a_style_does_not_take_are_refused_with_those_it_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(UserError, match=rf"twins\.mine\.arguments: .*{words}"):
        load(monkeypatch, tmp_path, source, arguments)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit", "SystemExit"),
        ("x = (", "SyntaxError"),
    ],
)
def test_a_module_that_cannot_be_imported_is_refused_with_its_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, error: str
) -> None:
    with pytest.raises(UserError, match=rf"twins\.mine\.module: importing \w+ failed: {error}: "):
        load(monkeypatch, tmp_path, source)
