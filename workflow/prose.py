"""Finds phrases that docs/vocabulary.yaml replaces, in every file that git tracks and a person reads.

Only prose is searched: Markdown, comments and strings of Python, the cells of notebooks, the text of templates. Each
finding is one line: the file, the line, the phrase, and what to write instead. The exit status is 1 if there is any.

Usage: python workflow/prose.py [--count] [FILE...]
"""

import argparse
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import yaml

VOCABULARY = Path(__file__).parents[1] / "docs/vocabulary.yaml"
# Files with other suffixes are data.
READ = {"", ".md", ".rst", ".ipynb", ".py", ".smk", ".yaml", ".yml", ".toml", ".in", ".js", ".css", ".html", ".jinja"}
STRING = r'[rbfuRBFU]{0,2}(?P<quotes>"""|\'\'\'|"|\')(?P<text>(?:\\.|(?!(?P=quotes)).)*)(?P=quotes)'
PYTHON = re.compile(rf"#(?P<comment>[^\n]*)|{STRING}", re.DOTALL)
MARKUP = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", re.DOTALL)
# The part of the README that `make publish` writes.
GENERATED = re.compile(r"<!-- answer -->.*?<!-- end of the answer -->", re.DOTALL)
# What begins and ends one line of a notebook's cell, and what begins a comment.
CELL = re.compile(r'^\s*"|\\n",?$|",?$|\\(?=")', re.MULTILINE)
COMMENT = re.compile(r"^\s*(?:#|//|/\*)", re.MULTILINE)


@dataclass(frozen=True)
class Phrase:
    """A phrase to avoid, and what to write instead."""

    pattern: re.Pattern[str]
    write: str


@dataclass(frozen=True)
class Finding:
    """A phrase to avoid, with its file and line."""

    file: str
    line: int
    text: str
    phrase: Phrase


def read_vocabulary(path: Path = VOCABULARY) -> tuple[list[Phrase], list[str]]:
    """Return the phrases to avoid, and the patterns of files that are not searched."""
    content = yaml.safe_load(path.read_text())
    phrases = [Phrase(re.compile(_pattern(entry["find"])), entry["write"]) for entry in content["phrases"]]
    return phrases, list(content["not searched"])


def find(name: str, phrases: list[Phrase]) -> Iterator[Finding]:
    """Yield the phrases to avoid in the prose of a file; a phrase may run over several lines."""
    text = GENERATED.sub(_blank, Path(name).read_text(encoding="utf-8", errors="replace"))
    lines = [(0, "")]
    for number, line in enumerate(prose(text, Path(name).suffix).split("\n"), 1):
        if line:
            # No phrase runs over an empty line.
            lines += [(number, "\0")] * (number > lines[-1][0] + 1) + [(number, line)]
    words = "\n".join(line for _, line in lines)
    lower = words.lower()
    for phrase in phrases:
        for match in phrase.pattern.finditer(lower):
            if match[0][0].isalnum() and lower[max(0, match.start() - 1) : match.start()].isalnum():
                continue
            line, _ = lines[lower.count("\n", 0, match.start())]
            yield Finding(name, line, " ".join(words[match.start() : match.end()].split()), phrase)


def prose(text: str, suffix: str) -> str:
    """Return the prose of a file; each line keeps its number, and lines without prose are empty."""
    if suffix == ".py":
        return _prose_of_python(text)
    if suffix == ".ipynb":
        text = CELL.sub(" ", text)
    elif suffix in (".html", ".jinja"):
        text = MARKUP.sub(_blank, text)
    elif suffix not in (".md", ".rst"):
        text = COMMENT.sub(" ", text)
    return "\n".join(line.strip() for line in text.split("\n"))


def listed(left_out: list[str]) -> list[str]:
    """Return the files that git tracks, without those that are not searched."""
    done = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True)  # noqa: S607
    names = [name for name in done.stdout.split("\0") if name and Path(name).suffix in READ and Path(name).is_file()]
    return [name for name in names if not any(fnmatch(name, pattern) for pattern in left_out)]


def _pattern(find: str) -> str:
    """Return a phrase as a pattern: it ends with a word, and any white space may be between two words."""
    return find.replace(" ", r"\s+") + (r"(?!\w)" if find[-1].isalnum() or find[-1] == ")" else "")


def _prose_of_python(text: str) -> str:
    lines: list[list[str]] = [[] for _ in range(text.count("\n") + 1)]
    number = end = 0
    for match in PYTHON.finditer(text):
        between = text[end : match.start()]
        number += between.count("\n")
        if between.strip():
            # With code between them, two strings or comments are not one sentence.
            lines[number].append("\0")
        words = match["comment"] if match["text"] is None else match["text"].replace("\\n", " ")
        for offset, line in enumerate(words.split("\n")):
            lines[number + offset].append(line.strip())
        number += match[0].count("\n")
        end = match.end()
    return "\n".join(" ".join(parts).strip() for parts in lines)


def _blank(match: re.Match[str]) -> str:
    return " " + "\n" * match[0].count("\n")


def main() -> int:
    """Print the phrases to avoid, or with --count how often each is found in each kind of file."""
    parser = argparse.ArgumentParser(prog="python workflow/prose.py", description=main.__doc__)
    parser.add_argument("files", nargs="*", metavar="FILE", help="default: every file that git tracks")
    parser.add_argument("--count", action="store_true", help="print counts instead")
    options = parser.parse_args()
    phrases, left_out = read_vocabulary()
    findings = [finding for name in options.files or listed(left_out) for finding in find(name, phrases)]
    if options.count:
        counts = Counter((finding.phrase.pattern.pattern, Path(finding.file).suffix) for finding in findings)
        for (pattern, suffix), count in sorted(counts.items(), key=lambda item: -item[1]):
            print(f"{count:5}  {suffix or 'none':8}  {pattern}")
    else:
        for finding in findings:
            print(f"{finding.file}:{finding.line}: {finding.text!r}: write {finding.phrase.write}")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
