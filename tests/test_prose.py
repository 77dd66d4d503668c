"""The check of the prose: phrases are found with their line in each kind of file, and nothing else is."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import REPOSITORY

SPEC = importlib.util.spec_from_file_location("prose", REPOSITORY / "workflow" / "prose.py")
assert SPEC and SPEC.loader
prose = importlib.util.module_from_spec(SPEC)
sys.modules["prose"] = prose
SPEC.loader.exec_module(prose)

BAD = "at hand"
PHRASES = [prose.Phrase(re.compile(prose._pattern(BAD)), "available")]
# Text of a file, and the lines in which the phrase is found.
FILES = {
    "a comment.py": (f"x = 1\n# This is {BAD}.\n", [2]),
    "a comment over two lines.py": ("x = 1\n\n# This is at\n# hand.\n", [3]),
    "a docstring.py": (f'"""One.\n\n{BAD}\n"""\n', [3]),
    "a string in two parts.py": ('raise ValueError(f"{x} is at "\n    "hand")\n', [1]),
    "two strings.py": ('x = ["at",\n "hand"]\n', []),
    "two comments.py": ("# at\n\n# hand\n", []),
    "a name.py": ("at = hand = 1\nprint(at, hand)\n", []),
    "a part of a word.py": ("# what handles\n", []),
    "a capital.md": ("At hand.\n", [1]),
    "a page.md": (f"# Title\n\nThis is {BAD},\nand this is at\nhand.\n", [3, 4]),
    "two paragraphs.md": ("at\n\nhand\n", []),
    "a generated part.md": (f"<!-- answer -->\n{BAD}\n<!-- end of the answer -->\n{BAD}\n", [4]),
    "a notebook.ipynb": ('{\n "source": [\n    "This is at\\n",\n    "hand."\n ]\n}\n', [3]),
    "a template.jinja": ("<p>at\n<b>{{ x }}</b> hand</p>\n{# at hand #}\n", [1, 3]),
    "a rule.smk": ("# at\n# hand\nrule all:\n", [1]),
}


@pytest.mark.parametrize("name", FILES)
def test_a_phrase_is_found_with_its_line(tmp_path: Path, name: str) -> None:
    text, lines = FILES[name]
    path = tmp_path / name
    path.write_text(text)
    assert [found.line for found in prose.find(str(path), PHRASES)] == lines


def test_a_finding_says_what_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.md").write_text("One.\n\nIt is at\nhand.\n")
    monkeypatch.setattr(sys, "argv", ["prose.py", str(tmp_path / "bad.md")])
    assert prose.main() == 1
    assert capsys.readouterr().out == f"{tmp_path}/bad.md:3: 'at hand': write available\n"
    (tmp_path / "bad.md").write_text("It is available.\n")
    assert prose.main() == 0


def test_every_phrase_of_the_vocabulary_can_be_found() -> None:
    entries = yaml.safe_load(prose.VOCABULARY.read_text())["phrases"]
    for entry in entries:
        assert entry["find"] == entry["find"].lower(), "text is searched in lower case"
        assert entry["write"]
    assert len(prose.read_vocabulary()[0]) == len(entries) > 30
