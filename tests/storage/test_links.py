"""Signed links: they work as given, for their time, and in no other form."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from backline.errors import AccessDenied
from backline.storage import check_link, links, sign_link
from backline.storage.links import BROKEN_LINK, DEFAULT_LIFETIME_SECONDS, EXPIRED_LINK

SECRET = b"a secret of the server"
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def open_link(link: str, secret: bytes = SECRET) -> None:
    """Check a link as the server does with what it finds in the URL."""
    parts = urlsplit(link)
    file_id, file_name = parts.path.removeprefix("/api/files/").split("/")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    check_link(
        secret, unquote(file_id), unquote(file_name), query.get("expires"), query.get("signature")
    )


@given(NAMES)
def test_a_link_works_for_any_name(file_name: str) -> None:
    """Slashes, blanks, emoji: the name rides in the path and comes back whole."""
    open_link(sign_link(SECRET, "file_1", file_name))


@given(NAMES, st.data())
def test_a_link_with_any_change_is_broken(file_name: str, data: st.DataObject) -> None:
    """Whatever part is altered, however little, the link is refused."""
    link = sign_link(SECRET, "file_1", file_name)
    place = data.draw(st.integers(len("/api/files/"), len(link) - 1))
    assume(link[place] not in "/?&=")
    other = data.draw(st.sampled_from("abcXYZ0189-_"))
    altered = link[:place] + other + link[place + 1 :]
    assume(unquote(altered) != unquote(link))
    with pytest.raises((AccessDenied, ValueError)) as refused:
        open_link(altered)
    assert str(refused.value) == BROKEN_LINK


@pytest.mark.parametrize(
    ("expires", "signature"),
    [(None, None), ("", ""), ("99999999999", None), ("soon", "x"), ("99999999999", "é")],
)
def test_a_link_without_its_parts_is_broken(expires: str | None, signature: str | None) -> None:
    """Missing and made-up parts are refused like altered ones."""
    with pytest.raises(AccessDenied) as refused:
        check_link(SECRET, "file_1", "a.mp4", expires, signature)
    assert str(refused.value) == BROKEN_LINK


def test_a_link_of_another_server_is_broken() -> None:
    """Without the secret nobody makes links."""
    with pytest.raises(AccessDenied, match="not valid"):
        open_link(sign_link(b"another secret", "file_1", "a.mp4"))


def test_a_link_does_not_fit_a_neighbour() -> None:
    """Moving a character from the id to the name makes another file, and no valid link."""
    link = sign_link(SECRET, "file_1", "2.mp4")
    with pytest.raises(AccessDenied):
        open_link(link.replace("file_1/2", "file_12/"))


def test_a_link_lasts_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """One second before its week is over a link works, then it says that it expired."""
    monkeypatch.setattr(links, "now_ms", lambda: 1_000_000_000_000)
    link = sign_link(SECRET, "file_1", "a.mp4")
    end_ms = 1_000_000_000_000 + DEFAULT_LIFETIME_SECONDS * 1000
    monkeypatch.setattr(links, "now_ms", lambda: end_ms - 1)
    open_link(link)
    monkeypatch.setattr(links, "now_ms", lambda: end_ms)
    with pytest.raises(AccessDenied) as refused:
        open_link(link)
    assert str(refused.value) == EXPIRED_LINK
