"""The list of hosts that commands may speak to: how it is written, and what it stands for."""

from __future__ import annotations

import pytest

from backline.errors import SetupError
from backline.sandbox.hosts import plain_name, read_hosts


@pytest.mark.parametrize(
    ("entry", "name", "port", "is_allowed"),
    [
        ("musicbrainz.org", "musicbrainz.org", 443, True),
        ("musicbrainz.org", "musicbrainz.org", 80, False),
        ("MusicBrainz.org.", "musicbrainz.org", 443, True),
        ("archive.org:80", "archive.org", 80, True),
        ("archive.org:80", "archive.org", 443, False),
        ("musicbrainz.org", "evil-musicbrainz.org", 443, False),
        ("musicbrainz.org", "files.musicbrainz.org", 443, False),
        ("*.musicbrainz.org", "files.musicbrainz.org", 443, True),
        ("*.musicbrainz.org", "a.b.musicbrainz.org", 443, True),
        ("*.musicbrainz.org", "musicbrainz.org", 443, False),
        ("*.musicbrainz.org", "evilmusicbrainz.org", 443, False),
        ("bücher.example", "xn--bcher-kva.example", 443, True),
    ],
)
def test_an_entry_stands_for_a_name_and_a_port(
    entry: str, name: str, port: int, is_allowed: bool
) -> None:
    """Not for names that only look like it."""
    (host,) = read_hosts([entry])

    assert host.allows(name, port) is is_allowed


@pytest.mark.parametrize(
    "entry",
    [
        *(
            "",
            "*",
            "https://musicbrainz.org",
            "musicbrainz.org/simple",
            "a..b",
            "musicbrainz.org:",
            "musicbrainz.org:0",
            "a:70000",
        ),
        *("*.*.org", "musicbrainz.*", "a b", "user@musicbrainz.org", "[::1]", "x" * 300, "a:٣"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(entry: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(SetupError, match=r"musicbrainz\.org, archive"):
        read_hosts([entry])


def test_names_are_compared_in_one_spelling() -> None:
    """Capitals, a dot at the end and international letters are no way around the list."""
    assert plain_name("MusicBrainz.ORG.") == "musicbrainz.org"
    assert plain_name("BÜCHER.example") == "xn--bcher-kva.example"
