"""GET /api/content/templates: the looks there are, and each with all it says of itself."""

from __future__ import annotations

import pytest

from backline.content.templates import template_ids
from tests.api.stage import Api, refusal
from tests.cast import Cast

TEMPLATES = "/api/content/templates"


def test_it_lists_every_template(api: Api, cast: Cast) -> None:
    """By id, with a name to print, a description to choose by, and what picture it wants."""
    listed = api.get(cast.alice, TEMPLATES).json()["templates"]
    assert [template["id"] for template in listed] == template_ids()
    assert all(t["name"] == t["id"] and t["description"] for t in listed)
    assert all("any picture" in t["needs"] or t["needs"] == ["artwork"] for t in listed)
    assert all(t["without"].endswith(".") for t in listed)


def test_it_shows_a_template(api: Api, cast: Cast) -> None:
    """The template itself, without an envelope."""
    shown = api.get(cast.alice, f"{TEMPLATES}/album-record-store").json()
    assert shown["id"] == "album-record-store"
    assert {"needs", "caption", "words"} <= shown.keys()


@pytest.mark.parametrize("name", ["moon", "Album-Record-Store", "...", "a%00b", "x" * 500])
def test_an_unknown_template_is_not_found(api: Api, cast: Cast, name: str) -> None:
    """Whatever the name holds."""
    assert refusal(api.get(cast.alice, f"{TEMPLATES}/{name}"))[0] == 404


def test_strangers_and_other_methods_are_refused(api: Api, cast: Cast) -> None:
    """401 without credentials, 405 for what can not be done."""
    assert refusal(api.get(None, TEMPLATES))[0] == 401
    assert refusal(api.get(None, f"{TEMPLATES}/moon"))[0] == 401
    assert refusal(api.post(cast.alice, TEMPLATES, {}))[0] == 405
