"""The list of hosts that commands may speak to: how it is written, and what it stands for."""

from __future__ import annotations

import pytest

from backline.errors import SetupError
from backline.sandbox.hosts import plain_name, read_hosts


@pytest.mark.parametrize(
    ("entry", "name", "port", "is_allowed"),
    [
        ("pypi.org", "pypi.org", 443, True),
        ("pypi.org", "pypi.org", 80, False),
        ("PyPI.org.", "pypi.org", 443, True),
        ("deb.debian.org:80", "deb.debian.org", 80, True),
        ("deb.debian.org:80", "deb.debian.org", 443, False),
        ("pypi.org", "evil-pypi.org", 443, False),
        ("pypi.org", "files.pypi.org", 443, False),
        ("*.pypi.org", "files.pypi.org", 443, True),
        ("*.pypi.org", "a.b.pypi.org", 443, True),
        ("*.pypi.org", "pypi.org", 443, False),
        ("*.pypi.org", "evilpypi.org", 443, False),
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
            "https://pypi.org",
            "pypi.org/simple",
            "a..b",
            "pypi.org:",
            "pypi.org:0",
            "a:70000",
        ),
        *("*.*.org", "pypi.*", "a b", "user@pypi.org", "[::1]", "x" * 300, "a:٣"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(entry: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(SetupError, match=r"pypi\.org, deb"):
        read_hosts([entry])


def test_names_are_compared_in_one_spelling() -> None:
    """Capitals, a dot at the end and international letters are no way around the list."""
    assert plain_name("PyPI.ORG.") == "pypi.org"
    assert plain_name("BÜCHER.example") == "xn--bcher-kva.example"
