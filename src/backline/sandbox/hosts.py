"""Which hosts of the internet a command may speak to: a short list, written by whoever runs backline.

::

    musicbrainz.org          port 443
    archive.org:80           that port only
    *.coverartarchive.org    every name below it, not the name itself
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from backline.errors import SetupError

DEFAULT_PORT: Final = 443
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class AllowedHost(msgspec.Struct, frozen=True):
    """A host, or all names below one, and a port."""

    name: str
    """In lower case, without a dot at the end; international names as punycode."""
    port: int = DEFAULT_PORT
    is_family: bool = False
    """Whether it stands for every name below ``name``."""

    def allows(self, name: str, port: int) -> bool:
        """Tell whether a plain name and a port are what this stands for."""
        if port != self.port:
            return False
        return name.endswith(f".{self.name}") if self.is_family else name == self.name


def plain_name(name: str) -> str:
    """Return a host name as it is compared: lower case, punycode, no dot at the end.

    Raises ``ValueError`` for what is no name.
    """
    try:
        plain = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        raise ValueError(name) from None
    plain = plain.lower().removesuffix(".")
    if len(plain) > 253 or not _NAME.fullmatch(plain):
        raise ValueError(name)
    return plain


def read_hosts(texts: Iterable[str]) -> tuple[AllowedHost, ...]:
    """Read a list of hosts. Raises ``SetupError`` naming the entry that makes no sense."""
    return tuple(_read(text) for text in texts)


def _read(text: str) -> AllowedHost:
    name, colon, port = text.strip().partition(":")
    is_family = name.startswith("*.")
    try:
        plain = plain_name(name.removeprefix("*."))
    except ValueError:
        raise _senseless(text) from None
    if colon and not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):
        raise _senseless(text)
    return AllowedHost(plain, int(port) if colon else DEFAULT_PORT, is_family)


def _senseless(text: str) -> SetupError:
    return SetupError(
        f"{text[:200]!r} is no host that a sandbox could be allowed:"
        " write names such as musicbrainz.org, archive.org:80 or *.coverartarchive.org"
    )
