"""Makes a site from pages written for GitHub: pages from outside docs/, links that leave it, and the navigation.

MkDocs calls the functions `on_...`.
"""

import logging
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.treeprocessors import Treeprocessor
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

REPOSITORY = Path(__file__).parents[1]
# Files outside docs/ and files made here, by their path in the repository, and their pages.
PAGES = {
    "README.md": "twinproof.md",
    "config/README.md": "parameters.md",
    "CHANGELOG.md": "changelog.md",
    "docs/decisions": "decisions/index.md",
}
GUIDES = "docs/README.md"
ITEM = re.compile(r"(- |[0-9]+\. )")
log = logging.getLogger("mkdocs.site")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Take the navigation from the guide to the guides: a section for each heading, a page for each link."""
    nav: list[dict[str, str | list[dict[str, str]]]] = [{"Guides": "README.md"}]
    for section in re.split(r"^## ", (REPOSITORY / GUIDES).read_text(), flags=re.M)[1:]:
        links = re.findall(r"^- \[(.+?)\]\((.+?)\)", section, re.M)
        nav.append({section.partition("\n")[0]: [{title: in_nav(target)} for title, target in links]})
    config.nav = nav
    config.markdown_extensions.append(Links())
    return config


def in_nav(target: str) -> str:
    """Return the text of a link in the navigation."""
    page = find_page(target, GUIDES) or target
    path, mark, place = page.partition("#")
    return f"{path.removesuffix('.md')}.html#{place}" if mark else path


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in docs/."""
    for place, page in PAGES.items():
        path = REPOSITORY / place
        content = path.read_text() if path.is_file() else "\n".join(list_decisions(path))
        files.append(File.generated(config, page, content=content))
    return files


def list_decisions(folder: Path) -> Iterator[str]:
    """Yield the list of decisions, by number."""
    yield "# Decisions\n"
    for path in sorted(folder.glob("*.md")):
        title = re.sub(r"^#( [0-9]+\.)? ", "", path.read_text().partition("\n")[0])
        yield f"- [{path.name[:4]}]({path.name}) {title}"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Convert GitHub's Markdown to a form that Python-Markdown reads in the same way."""
    (links,) = (extension for extension in config.markdown_extensions if isinstance(extension, Links))
    links.page = page.file.src_uri
    return "\n".join(as_python_markdown(markdown.splitlines()))


def as_python_markdown(lines: list[str]) -> Iterator[str]:
    """Begin a list with an empty line, and indent what belongs to an item by four spaces; numbered ones have three."""
    before, fenced = "", False
    for line in lines:
        if line.startswith("```"):
            fenced = not fenced
        if not fenced and ITEM.match(line) and before and not re.match(rf"{ITEM.pattern}| ", before):
            yield ""
        yield f" {line}" if not fenced and line.startswith("   ") else line
        before = line


def find_page(target: str, place: str) -> str | None:
    """Return the page that a link in the file `place` leads to, relative to docs/, if the site has it.

    MkDocs reports missing pages of docs/; other files that are not in the repository are reported here.
    """
    path, mark, rest = target.partition("#")
    found = posixpath.normpath(posixpath.join(posixpath.dirname(place), path)) if path else place
    page = PAGES.get(found) or (found.removeprefix("docs/") if found.startswith("docs/") else None)
    if page is None and not (REPOSITORY / found).exists():
        log.warning("%s: links to %s, which is not in the repository", place, target)
    return page and page + mark + rest


class Links(Extension):
    """Links between pages of a site, and no links to files that it does not have."""

    page = ""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Make them before MkDocs checks them, which it does last."""
        md.treeprocessors.register(LinksOfPage(self), "links-of-page", 5)


class LinksOfPage(Treeprocessor):
    """Makes the links of one page."""

    def __init__(self, links: Links) -> None:
        """Remember the page."""
        self.links = links

    def run(self, root: Element) -> None:
        """Point each link to a page of the site; a link to no page becomes plain text."""
        page = self.links.page
        place = next((place for place, shown in PAGES.items() if shown == page), f"docs/{page}")
        # Links of a page that stands for a folder start in that folder.
        place = f"{place}/" if (REPOSITORY / place).is_dir() else place
        for element in root.iter():
            attribute = {"a": "href", "img": "src"}.get(element.tag, "")
            target = element.get(attribute, "")
            if not target or urlsplit(target).scheme or target.startswith("#"):
                continue
            if found := find_page(target, place):
                element.set(attribute, posixpath.relpath(found, posixpath.dirname(page) or "."))
            else:
                element.tag = "span"
                del element.attrib[attribute]
