"""The size of a twin's code is counted from its source, for each way of writing it."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY
from twinproof.analysis.rows.code import code_rows
from twinproof.base.errors import UserError
from twinproof.study.params import Params, TwinParams

SIZES = ["lines", "branches", "names", "definitions"]


@pytest.fixture
def sizes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the sizes of each way in a source, in the order of `SIZES`."""
    monkeypatch.chdir(tmp_path)

    def count(source: str, module: str = "models.mine") -> dict[str, tuple[int, ...]]:
        file = tmp_path / f"{module.replace('.', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source)
        rows = list(code_rows({"mine": TwinParams(module)}))
        assert all(row.twin == "mine" for row in rows)
        return {row.style: tuple(getattr(row, size) for size in SIZES) for row in rows}

    return count


def test_each_way_in_a_module_is_counted_in_a_fixed_order(sizes: Any) -> None:
    ways = ["naive", "subclassed", "functional", "sequential"]
    found = sizes("".join(f"def {way}():\n    return 1\n" for way in ways) + "def other():\n    return 2\n")
    assert list(found.items()) == [(way, (2, 0, 1, 1)) for way in ways[::-1]]
    assert sizes("import functional\n", "other") == {}


def test_names_bound_or_used_are_counted_once_each(sizes: Any) -> None:
    source = "def functional(width, *, deep=True):\n    x = a.b(width, name=1)\n    return x.b(x)\n"
    # functional, width, deep, x, a, b, name
    assert sizes(source)["functional"] == (3, 0, 7, 1)


def test_imports_docstrings_comments_and_layout_do_not_count(sizes: Any) -> None:
    plain = (
        "import keras\n\n\nclass C:\n    def call(self):\n        return keras\n\n\ndef functional():\n    return C()\n"
    )
    told = (
        '"""A module."""\nimport keras as k, os\nfrom typing import Any\n\nclass C:\n    """A class."""\n\n'
        '    def call(self):\n        """A method."""\n        # Why.\n        import sys\n        return keras\n\n'
        'def functional():\n    """A function."""\n    return (\n        C()\n    )\n'
    )
    assert sizes(plain, "plain") == sizes(told, "told") == {"functional": (5, 0, 5, 3)}


def test_a_way_counts_what_it_reaches_by_name_and_nothing_else(sizes: Any) -> None:
    source = (
        "import a\nfrom b import C\nWIDTH = 3\nUNUSED = 4\n"
        "def helper():\n    return WIDTH\n"
        "def again():\n    return again() or helper()\n"
        "@a.register(helper)\nclass Base(C):\n    pass\n"
        "class Model(Base):\n    def call(self):\n        return a.x\n"
        "def subclassed():\n    return Model()\n"
        "def functional():\n    return again()\n"
    )
    found = sizes(source)
    assert found["functional"] == (1 + 2 + 2 + 2, 1, len({"WIDTH", "helper", "again", "functional"}), 3)
    names = {"WIDTH", "helper", "a", "register", "C", "Base", "Model", "call", "self", "x", "subclassed"}
    assert found["subclassed"] == (1 + 2 + 2 + 3 + 2, 0, len(names), 5)


@pytest.mark.parametrize(
    ("using", "reached"),
    [
        ("return [helper, 1]", True),
        ("return lambda x=helper: x", True),
        ("def inner(helper=helper): return helper\n    return inner", True),
        ("def inner(x: helper): return x\n    return inner", True),
        ("return self.helper", False),
        ("helper = 1\n    return helper", False),
        ("return lambda helper: helper", False),
        ("return [helper for helper in self]", False),
        ("def helper(): return 1\n    return helper", False),
        ("helper = 1\n    def inner(): return helper\n    return inner", False),
    ],
)
def test_a_functions_own_variable_is_not_the_modules_of_the_same_name(sizes: Any, using: str, reached: bool) -> None:
    function = f"def functional(self):\n    {using}\n"
    with_helper = sizes(f"def helper():\n    return 'help'\n{function}", "with_helper")["functional"]
    assert (with_helper[0] > sizes(function, "without")["functional"][0]) == reached


def test_a_name_bound_in_several_places_is_reached_as_a_whole(sizes: Any) -> None:
    source = (
        "if old:\n    WIDTH = 1\nelse:\n    WIDTH = 2\nWIDTH += 1\nA = B = WIDTH\ndef functional():\n    return A, B\n"
    )
    # if, =, =, +=, = (once, although both names are used), def, return
    assert sizes(source)["functional"] == (7, 1, len({"old", "WIDTH", "A", "B", "functional"}), 1)


@pytest.mark.parametrize(
    ("body", "branches"),
    [
        ("return 1", 0),
        ("if a:\n        return 1\n    elif b:\n        return 2\n    else:\n        return 3", 2),
        ("for a in b:\n        pass", 1),
        ("while a:\n        pass", 1),
        ("try:\n        pass\n    except A:\n        pass\n    except B:\n        pass\n    finally:\n        pass", 2),
        ("return a if b else c", 1),
        ("return [a for a in b]", 1),
        ("return {a for b in c for a in b if a if b}", 4),
        ("return a and b and c or d", 3),
        ("match a:\n        case 1:\n            pass\n        case _:\n            pass", 2),
        ("with a:\n        pass", 0),
    ],
)
def test_branches_are_the_places_where_a_run_may_go_two_ways(sizes: Any, body: str, branches: int) -> None:
    assert sizes(f"def functional():\n    {body}\n")["functional"][1] == branches


def test_neither_the_source_nor_its_package_is_ever_run(sizes: Any, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise SystemExit('imported')\n")
    before = set(sys.modules)
    assert sizes("1 / 0\ndef functional():\n    return 1\n", "models.inner.mine")["functional"] == (2, 0, 1, 1)
    assert set(sys.modules) == before


@pytest.mark.parametrize("module", ["nowhere", "models.nowhere", "models.mine.nowhere", "models"])
def test_a_module_that_is_not_there_is_a_users_mistake(sizes: Any, module: str) -> None:
    sizes("")
    with pytest.raises(UserError, match=rf"twins\.other\.module: no module {module}; it must be in src/"):
        list(code_rows({"other": TwinParams(module)}))


@pytest.mark.parametrize(
    ("source", "words"), [("x = 1\nx = (\n", r"broken\.py, line 2: '\(' was never closed"), ("\0", r"broken\.py.*null")]
)
def test_a_module_that_is_not_python_is_a_users_mistake(sizes: Any, source: str, words: str) -> None:
    with pytest.raises(UserError, match=rf"twins\.mine\.module: .*{words}"):
        sizes(source, "broken")


def test_every_way_of_each_shipped_twin_is_counted(params: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    found = {(row.twin, row.style): row for row in code_rows(Params.parse(params).twins)}
    for twin in params["twins"]:
        functional, subclassed = found[twin, "functional"], found[twin, "subclassed"]
        assert all(getattr(functional, size) <= getattr(subclassed, size) for size in SIZES), twin
        assert functional.definitions < subclassed.definitions
    assert found["simple", "sequential"].lines < found["simple", "functional"].lines
    # Depth takes a loop in both styles; a training-only branch is an `if` only in a class.
    assert found["dynamic", "functional"].branches > 0
    assert found["conditional", "subclassed"].branches > found["conditional", "functional"].branches == 0
