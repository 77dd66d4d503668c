"""What counts in a source file: everything except comments, docstrings, and lines that are blank without them."""

from pathlib import Path

import pytest

from twinproof.study.source import Import, read_source, source_of

CODE = '''\
import os
def f(x):
    y = "# no comment"
    z = f"""of {x}  # not one
    
    either"""
    return x + 1
'''  # noqa: W293
SAME = {
    "a comment": CODE.replace("import os", "# why\n\nimport os  # this is why"),
    "a comment after a string": CODE.replace('no comment"', 'no comment"  # but this is'),
    "a comment at the end": CODE + "\n# the end",
    "docstrings": CODE.replace("def f(x):", 'def f(x):\n    """Add one.\n\n    # Not really.\n    """'),
    "a docstring of the module": f'"""Adds.\n\nOne."""\n\n{CODE}',
    "other ends of lines": CODE.replace("\n", "\r\n"),
}
DIFFERENT = {
    "a number": CODE.replace("1", "2"),
    "a string": CODE.replace("no comment", "a comment"),
    "a string that only looks like a comment": CODE.replace("# not one", "# one"),
    "a blank line in a string": CODE.replace("    \n", ""),
    "an argument": CODE.replace("(x)", "(x, # why\n z)"),
    "indentation": CODE.replace("    return", "  \treturn").replace("    ", "  \t"),
    "a string that is no docstring": CODE.replace("    return", '    """Add one."""\n    return'),
    "a string that is assigned": f'text = """Adds."""\n{CODE}',
    "a docstring where it is read": f'"""Adds."""\nprint(__doc__)\n{CODE}',
    "another docstring where it is read": f'"""Subtracts."""\nprint(__doc__)\n{CODE}',
    "a comment where it is read": f"import inspect\nprint(inspect.getsource(inspect))  # why\n{CODE}",
    "no comment where it is read": f"import inspect\nprint(inspect.getsource(inspect))\n{CODE}",
}


def digest(code: str) -> str:
    return source_of(code.encode(), "code.py").digest


@pytest.mark.parametrize("code", SAME.values(), ids=SAME.keys())
def test_comments_and_docstrings_do_not_count(code: str) -> None:
    assert digest(code) == digest(CODE)


def test_everything_else_counts() -> None:
    digests = [digest(code) for code in (CODE, *DIFFERENT.values())]
    assert len(set(digests)) == len(digests)


def test_code_beside_a_docstring_counts() -> None:
    assert digest('"""Adds."""; x = 1') != digest('"""Adds."""; x = 2')


def test_other_encodings_are_read_as_python_reads_them() -> None:
    code = '# coding: latin-1\nname = "é"  # è\n'
    assert source_of(code.encode("latin-1"), "m.py").digest == digest('name = "é"')


def test_imports_are_found_wherever_they_are() -> None:
    code = "import a.b, c\ndef f():\n    from .d import e, g\n    from .. import h\n    from i import *\n"
    assert set(source_of(code.encode(), "m.py").imports) == {
        Import(0, "a.b", ()), Import(0, "c", ()), Import(1, "d", ("e", "g")), Import(2, "", ("h",)),
        Import(0, "i", ("*",)),
    }  # fmt: skip


@pytest.mark.parametrize("content", [b"x = (", b"x = 1\0", b"\xff = 1", b"(" * 10000, b"# coding: no-such\n"])
def test_what_is_not_python_is_named(content: bytes) -> None:
    with pytest.raises(SyntaxError) as caught:
        source_of(content, "m.py")
    assert caught.value.filename == "m.py"


def test_a_file_that_changed_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "m.py"
    file.write_text("x = 1\n")
    former = read_source(file)
    assert read_source(file) is former
    file.write_text("x = 10\n")
    assert read_source(file) != former
