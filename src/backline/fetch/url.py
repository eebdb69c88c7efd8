"""Which URLs of callers are fetched at all, and how they are named in messages."""

from __future__ import annotations

import re

import httpx

from backline.errors import FetchRefused

MAX_URL_CHARACTERS = 4096
PORTS = frozenset({80, 443, 8000, 8080, 8443})
"""Where the web is served; mail servers and databases listen elsewhere."""
ANY_PORT = range(1, 65_536)

_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_SECRET_PARTS = re.compile(r"(?<=//)[^/]*@|[?#].*", re.DOTALL)
_DOTTED_QUAD = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})")


def check_url(text: str, *, allow_private: bool = False) -> httpx.URL:
    """Return the URL of a web page or file that may be asked for.

    http and https only, no credentials, a usual port (any port with
    ``allow_private``), and a host that is a name, a dotted IPv4 address or an
    IPv6 address; the old spellings of addresses as one number, in octal or in
    hexadecimal are refused. Raises ``FetchRefused``.
    """
    if len(text) > MAX_URL_CHARACTERS:
        raise FetchRefused(f"A URL of {len(text)} characters is longer than {MAX_URL_CHARACTERS}")
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, UnicodeError) as problem:
        bare = _SECRET_PARTS.sub("", text)[:200]
        raise FetchRefused(f"{bare!r} is no URL that can be fetched: {problem}") from None
    reason = _refusal(url, allow_private)
    if reason:
        raise FetchRefused(f"{shown(url)} is not fetched: {reason}")
    return url


def shown(url: httpx.URL) -> str:
    """Name a URL without its query, credentials and fragment, where secrets ride."""
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))[:300]


def _refusal(url: httpx.URL, allow_private: bool) -> str | None:
    if url.scheme not in ("http", "https"):
        return "only http:// and https:// URLs are"
    if url.userinfo:
        return "it holds a user name or password; give a link that needs none"
    if url.port is not None and url.port not in (ANY_PORT if allow_private else PORTS):
        return f"port {url.port} is none of {', '.join(map(str, sorted(PORTS)))}"
    if not _is_plain_host(url.raw_host.decode("ascii", "replace").lower()):
        return "its host is no plain name or address"
    return None


def _is_plain_host(host: str) -> bool:
    if ":" in host:
        return "%" not in host
    if not _HOST_NAME.fullmatch(host):
        return False
    last_label = host.rstrip(".").rpartition(".")[2]
    return not _NUMBER.fullmatch(last_label) or _DOTTED_QUAD.fullmatch(host) is not None
