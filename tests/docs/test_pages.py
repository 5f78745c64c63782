"""The pages hold together: links lead somewhere, README shows the example as it is, and what is named exists."""

from __future__ import annotations

import re
import struct
import tomllib
from pathlib import Path

import pytest

from tests.docs.connectors import connectors

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "plugins").glob("*/README.md"),
        ROOT / "examples/README.md",
    ]
)
LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCED = re.compile(r"^```.*?^```", re.S | re.M)


def prose(page: Path) -> str:
    return FENCED.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """The names that a page's headings get when they are shown."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page)):
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target), link


def linked(page: Path) -> set[Path]:
    return {(page.parent / link.partition("#")[0]).resolve() for link in LINK.findall(prose(page))}


def test_every_page_is_linked_from_the_readme_or_its_overview() -> None:
    overview = ROOT / "docs/connectors/README.md"
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs")}
    of_connectors = {page for page in pages if page.parent == overview.parent} - {overview}
    assert pages - of_connectors <= linked(ROOT / "README.md")
    assert of_connectors <= linked(overview)


def test_the_readme_names_every_connector_by_its_kind() -> None:
    rows = dict(re.findall(r"^\| (Connectors for [^|]*) \| ([^|]*) \|$", prose(ROOT / "README.md"), re.M))
    for voice, kind in [(True, "Connectors for calls and chats"), (False, "Connectors for chats")]:
        told = set(re.split(r", |; with the user's own account ", rows[kind]))
        assert told == {one.plugin.title for one in connectors() if one.plugin.voice is voice}


@pytest.mark.parametrize("name", ["change-something", "write-an-account-service"])
def test_a_how_to_shows_its_example_as_it_is(name: str) -> None:
    sources = [file.read_text() for file in (ROOT / "examples").glob("*-shelf/*/*.py")]
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / f"docs/how-to/{name}.md").read_text(), re.S | re.M)
    assert len(blocks) >= 2
    assert [block for block in blocks if not any(block in source for source in sources)] == []


def test_the_readme_shows_the_example_byte_for_byte() -> None:
    shown = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.S | re.M)
    example = ROOT / "examples/odai-tool-tides"
    assert shown == [(example / "odai_tool_tides/__init__.py").read_text()]
    points = re.findall(r"^```toml\n(.*?)^```", (ROOT / "README.md").read_text(), re.S | re.M)
    project = tomllib.loads((example / "pyproject.toml").read_text())["project"]
    assert [tomllib.loads(point)["project"]["entry-points"] for point in points] == [project["entry-points"]]


def test_the_changelog_has_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("picture", ["page", "chat"])
def test_a_picture_is_small(picture: str) -> None:
    data = (ROOT / f"docs/images/{picture}.png").read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert data.startswith(b"\x89PNG")
    assert 1000 <= width <= 1600
    assert 600 <= height <= 1200
    assert len(data) < 150_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_make_target_is_named_that_is_not_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make ([a-z]+)", page.read_text())) <= targets
