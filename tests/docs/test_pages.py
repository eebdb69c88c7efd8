"""The docs are whole: every command, setting and endpoint has its words, every link its target."""

from __future__ import annotations

import inspect
import re
from importlib.metadata import version
from pathlib import Path

import pytest

from backline import settings
from backline.api.openapi import OPERATIONS
from backline.api.routes import ROUTES
from backline.cli import app
from tests.cli.test_app import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def is_runnable(words: tuple[str, ...]) -> bool:
    """Tell a command from a group of commands."""
    command = app
    for word in words:
        command = command[word]
    return command.default_command is not None


RUNNABLE = [words for words in COMMANDS if is_runnable(words)]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("words", RUNNABLE, ids=" ".join)
def test_every_command_has_a_section_with_its_options(words: tuple[str, ...]) -> None:
    """docs/cli.md has a heading for the command, and names each of its options below."""
    heading = re.escape("backline " + " ".join(words))
    section = re.search(rf"^### `{heading}[` ].*?(?=^##|\Z)", page("docs/cli.md"), re.M | re.S)
    assert section, f"docs/cli.md has no section for {' '.join(words)}"
    command = app
    for word in words:
        command = command[word]
    names = [name for each in command.assemble_argument_collection() for name in each.names]
    told = [f"`{name}`" if name.startswith("-") else f" {name.upper()}" for name in names]
    assert [name for name in told if name not in section[0]] == []


def test_no_command_is_made_up() -> None:
    """docs/cli.md has no section for a command that does not exist."""
    told = re.findall(r"^### `backline ([a-z ]+?)(?: [A-Z].*)?`$", page("docs/cli.md"), re.M)
    assert sorted(told) == sorted(" ".join(words) for words in RUNNABLE)


def test_every_setting_has_a_row() -> None:
    """docs/settings.md lists just the variables that settings.py reads."""
    read = set(re.findall(r"BACKLINE_[A-Z_]+", inspect.getsource(settings)))
    told = set(re.findall(r"^\| `(BACKLINE_[A-Z_]+)`", page("docs/settings.md"), re.M))
    assert told == read


def test_every_endpoint_has_a_heading() -> None:
    """docs/api.md has a heading for each operation that the API describes, and no other."""
    described = {f"{each.method.upper()} {each.path}" for each in OPERATIONS}
    told = set(re.findall(r"^### `([A-Z]+ /[^`]*)`$", page("docs/api.md"), re.M))
    assert len(told) == len(ROUTES)
    assert {generic(path) for path in described} <= {generic(path) for path in told}


def generic(endpoint: str) -> str:
    return re.sub(r"\{\w+\}", "{}", endpoint)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    """Each relative link names a file, and a heading in it if it says so."""
    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", path.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        assert file.exists(), f"{path.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.M)
            assert anchor in [slug(heading) for heading in headings], f"{path.name}: {target}"


def slug(heading: str) -> str:
    """Make a heading's anchor as the usual renderers do."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_the_changelog_knows_this_version() -> None:
    """The version that is installed has a heading in the changelog."""
    assert f"## {version('backline')}\n" in page("CHANGELOG.md")


def test_every_dependency_has_its_notice() -> None:
    """NOTICES.md names each package that pyproject.toml asks for."""
    notices = page("NOTICES.md").lower()
    wanted = re.search(r"^dependencies = \[(.*?)^\]", page("pyproject.toml"), re.M | re.S)
    assert wanted
    names = re.findall(r'"([\w-]+)', wanted[1])
    assert [name for name in names if not re.search(rf"\b{name}\b", notices)] == []
