"""Bring a caller's song or picture from the web to a local file, without being led astray.

What is limited: scheme, port and host (``url.py``), every address that is
connected to (``addresses.py``, ``network.py``), redirects, total time, size, and
the kind of content, judged by its bytes. Proxies of the environment are not used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from email.message import Message
from pathlib import Path
from urllib.parse import unquote, urljoin

import httpcore
import httpx
import msgspec

from backline.errors import FetchError, FetchRefused
from backline.fetch.network import Deadline, GuardedNetwork, NoWay
from backline.fetch.url import check_url, shown
from backline.ids import new_id
from backline.mime import EXTENSIONS, SNIFF_BYTES, is_accepted, sniff
from backline.names import safe_file_name

MAX_REDIRECTS = 5

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429})
"""Answers below 500 that ask for patience: too slow, too early, too many (RFC 9110, 8470, 6585)."""
_UNKNOWN_TYPE = "application/octet-stream"


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was brought here."""

    path: Path
    file_name: str
    """A safe name: as the server calls the file, else the last part of the URL."""
    mime_type: str
    """As the content shows; ``application/octet-stream`` when it is of no kind we know."""
    size_bytes: int


def fetch(
    url: str,
    into: Path,
    *,
    max_bytes: int,
    accept: Collection[str] | None = None,
    timeout_seconds: float = 60,
    allow_private: bool = False,
) -> Fetched:
    """Download ``url`` to ``into``: into that folder, if it is one, else to that very file.

    ``accept`` names the MIME types to take, or families such as ``audio/*``;
    None takes everything. ``timeout_seconds`` bounds the whole, redirects
    included. ``allow_private`` lets URLs point into private networks and to
    any port. Raises ``FetchError`` naming the URL, without its query, and the
    reason; nothing is left behind then. It is ``FetchRefused`` when another
    try would bring the same: a refused address, 404, too large, the wrong kind.
    """
    address = check_url(url, allow_private=allow_private)
    network = GuardedNetwork(Deadline(timeout_seconds), allow_private=allow_private)
    pool = httpcore.ConnectionPool(
        ssl_context=httpx.create_ssl_context(), network_backend=network, keepalive_expiry=0
    )
    with _explaining(address, timeout_seconds), closing(pool):
        for _ in range(MAX_REDIRECTS + 1):
            with pool.stream("GET", _core_url(address), headers=_headers(address)) as answer:
                if answer.status not in _REDIRECTS:
                    return _save(answer, address, into, max_bytes, accept)
                target = _header(answer, "location")
            address = check_url(_joined(address, target), allow_private=allow_private)
    raise FetchRefused(f"{shown(address)} redirects more than {MAX_REDIRECTS} times")


@contextmanager
def _explaining(address: httpx.URL, timeout_seconds: float) -> Iterator[None]:
    """Turn the network's errors into ours, with the URL that the caller gave."""
    try:
        yield
    except httpcore.TimeoutException:
        raise FetchError(
            f"{shown(address)} took longer than {timeout_seconds:g} seconds to answer"
        ) from None
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
        reason = str(problem) or type(problem).__name__
        kind = FetchRefused if isinstance(problem, NoWay) else FetchError
        raise kind(f"{shown(address)} could not be fetched: {reason}") from None


def _joined(address: httpx.URL, target: str) -> str:
    """Return where a redirect leads, as text; what it is worth is for ``check_url`` to say."""
    try:
        return urljoin(str(address), target) if target else ""
    except ValueError:
        return target


def _save(
    answer: httpcore.Response,
    address: httpx.URL,
    into: Path,
    max_bytes: int,
    accept: Collection[str] | None,
) -> Fetched:
    _check_answer(answer, address, max_bytes)
    folder = into if into.is_dir() else into.parent
    draft = folder / new_id("draft")
    try:
        mime_type, size_bytes = _write(answer, address, draft, max_bytes, accept)
        file_name = _file_name(answer, address, mime_type)
        path = into / file_name if into.is_dir() else into
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return Fetched(path=path, file_name=file_name, mime_type=mime_type, size_bytes=size_bytes)


def _check_answer(answer: httpcore.Response, address: httpx.URL, max_bytes: int) -> None:
    if answer.status != 200:
        passing = answer.status >= 500 or answer.status in _PASSING
        kind = FetchError if passing else FetchRefused
        raise kind(f"{shown(address)} answered {answer.status} instead of a file")
    if _header(answer, "content-encoding") not in ("", "identity"):
        raise FetchRefused(f"{shown(address)} is sent compressed, though that was not asked for")
    announced = _header(answer, "content-length")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise _too_large(address, max_bytes)


def _write(
    answer: httpcore.Response,
    address: httpx.URL,
    draft: Path,
    max_bytes: int,
    accept: Collection[str] | None,
) -> tuple[str, int]:
    """Write the body, judging its kind as soon as enough of it is here."""
    size_bytes, head, mime_type = 0, b"", None
    with draft.open("wb") as file:
        for chunk in answer.iter_stream():
            size_bytes += len(chunk)
            if size_bytes > max_bytes:
                raise _too_large(address, max_bytes)
            file.write(chunk)
            if mime_type is None:
                head += chunk[: SNIFF_BYTES - len(head)]
                mime_type = _judge(head, address, accept) if len(head) == SNIFF_BYTES else None
    if not size_bytes:
        raise FetchRefused(f"{shown(address)} is empty")
    return mime_type or _judge(head, address, accept), size_bytes


def _judge(head: bytes, address: httpx.URL, accept: Collection[str] | None) -> str:
    mime_type = sniff(head) or _UNKNOWN_TYPE
    if accept is not None and not is_accepted(mime_type, accept):
        wanted = ", ".join(sorted(accept))
        found = "of no known kind" if mime_type == _UNKNOWN_TYPE else mime_type
        raise FetchRefused(f"{shown(address)} holds content that is {found}; wanted: {wanted}")
    return mime_type


def _file_name(answer: httpcore.Response, address: httpx.URL, mime_type: str) -> str:
    ending = EXTENSIONS.get(mime_type, "")
    message = Message()
    message["content-disposition"] = _header(answer, "content-disposition")
    named = message.get_filename() or unquote(address.raw_path.decode("ascii").split("?")[0])
    return safe_file_name(named, fallback=f"download{ending}")


def _too_large(address: httpx.URL, max_bytes: int) -> FetchRefused:
    return FetchRefused(f"{shown(address)} is larger than {max_bytes / 1024**2:.4g} MiB")


def _core_url(address: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=address.raw_scheme,
        host=address.raw_host,
        port=address.port,
        target=address.raw_path,
    )


def _headers(address: httpx.URL) -> list[tuple[bytes | str, bytes | str]]:
    return [
        ("Host", address.netloc),
        ("User-Agent", "backline"),
        ("Accept", "*/*"),
        # A compressed answer could be small on the wire and endless when unpacked.
        ("Accept-Encoding", "identity"),
    ]


def _header(answer: httpcore.Response, name: str) -> str:
    wanted = name.encode()
    values = (value for key, value in answer.headers if key.lower() == wanted)
    return next(values, b"").decode("latin-1").strip()
