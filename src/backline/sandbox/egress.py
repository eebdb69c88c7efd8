"""The way out of a room to a few allowed hosts: a web proxy that stands outside and judges each call.

It speaks HTTP as proxies do: ``CONNECT host:port`` for a tunnel, through which
the command has TLS with the host itself, and ``GET http://host/…`` for plain
HTTP (RFC 9110, 9.3.6; RFC 9112, 3.2.2). It resolves names itself, and a name
that has any address which is not public is refused, so an allowed name leads
to no server of the host's own network.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import msgspec

from backline.addresses import refusal
from backline.sandbox.command import Notice
from backline.sandbox.hosts import AllowedHost, plain_name

MOST_CONNECTIONS: Final = 64
"""At once; more are closed unheard."""
MOST_NOTICES: Final = 50
"""A command that asks for a thousand hosts shall not fill its run's log."""
_HEAD_BYTES: Final = 16_384
_HEAD_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 10.0
_PIECE_BYTES: Final = 65_536


class Rules(msgspec.Struct, frozen=True):
    """What may be reached."""

    hosts: tuple[AllowedHost, ...]
    allow_private: bool = False
    """Whether allowed names may lead into private networks."""


class _Refused(Exception):
    """Raised for a call that is not let through; the text is for whoever made it."""

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What a command asks the proxy for."""

    host: str
    port: int
    head: bytes
    """What is passed on to the host first; empty for a tunnel."""
    is_tunnel: bool


@contextmanager
def serving(listener: socket.socket, rules: Rules, notice: Notice) -> Iterator[None]:
    """Let what connects to ``listener`` out by the rules, while the block lasts."""
    loop = asyncio.new_event_loop()
    proxy = _Proxy(rules, notice)
    thread = threading.Thread(
        target=_run, args=(loop, proxy, listener), name="sandbox-egress", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(RuntimeError):  # it ended by itself
            loop.call_soon_threadsafe(proxy.stop)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, proxy: _Proxy, listener: socket.socket) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(proxy.serve(listener))
    # Names are looked up in threads of their own, and a slow answer is not waited for.
    loop.close()


class _Proxy:
    def __init__(self, rules: Rules, notice: Notice) -> None:
        self._rules = rules
        self._notice = notice
        self._told: set[str] = set()
        self._ended = asyncio.Event()
        self._callers: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        self._ended.set()

    async def serve(self, listener: socket.socket) -> None:
        server = await asyncio.start_server(self._hear, sock=listener, limit=_HEAD_BYTES)
        async with server:
            await self._ended.wait()
            for caller in self._callers:
                caller.cancel()
            await asyncio.gather(*self._callers, return_exceptions=True)

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        caller = asyncio.current_task()
        assert caller is not None
        if len(self._callers) >= MOST_CONNECTIONS:
            writer.close()
            return
        self._callers.add(caller)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # either side hung up, or the room has ended
        finally:
            self._callers.discard(caller)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call = await _read_call(reader)
            far_reader, far_writer = await self._connect(call)
        except _Refused as refused:
            self._tell(str(refused))
            writer.write(_refusal(refused))
            await writer.drain()
            return
        try:
            if call.is_tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            far_writer.write(call.head)
            await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))
        finally:
            far_writer.close()

    async def _connect(self, call: Call) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the very address that was judged. Raises ``_Refused``."""
        name = f"{call.host}:{call.port}"
        if not any(host.allows(call.host, call.port) for host in self._rules.hosts):
            raise _Refused("403 Forbidden", f"{name} is not among the hosts that sandboxes may use")
        for address in await self._addresses(call):
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_SECONDS):
                    return await asyncio.open_connection(address, call.port)
        raise _Refused("502 Bad Gateway", f"{name} does not answer")

    async def _addresses(self, call: Call) -> list[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(call.host, call.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _Refused("502 Bad Gateway", f"no host {call.host} is known") from None
        addresses = list(dict.fromkeys(str(answer[4][0]) for answer in found))
        for address in addresses:
            reason = refusal(ip_address(address), allow_private=self._rules.allow_private)
            if reason:
                # A name with a public and a private address is a trap.
                raise _Refused(
                    "403 Forbidden", f"{call.host} has a {reason} address, not a public one"
                )
        return addresses

    def _tell(self, text: str) -> None:
        if text not in self._told and len(self._told) < MOST_NOTICES:
            self._told.add(text)
            self._notice(text)


async def _read_call(reader: asyncio.StreamReader) -> Call:
    """Read the head of a request. Raises ``_Refused``."""
    try:
        async with asyncio.timeout(_HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        raise _Refused("408 Request Timeout", "a request was not finished in time") from None
    except asyncio.LimitOverrunError:
        raise _Refused("431 Request Header Fields Too Large", "a request is too long") from None
    except asyncio.IncompleteReadError:
        raise _Refused("400 Bad Request", "a request ended in the middle") from None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, version = [*first.split(" "), "", "", ""][:3]
    if not version.startswith("HTTP/1."):
        raise _Refused("400 Bad Request", "what came is no HTTP; this is a web proxy")
    try:
        return _tunnel(target) if method == "CONNECT" else _forward(method, target, lines)
    except ValueError:
        raise _Refused("400 Bad Request", f"{target[:200]!r} is no address for a proxy") from None


def _tunnel(target: str) -> Call:
    name, port = _host_and_port(target, None)
    return Call(host=name, port=port, head=b"", is_tunnel=True)


def _forward(method: str, target: str, lines: list[str]) -> Call:
    """Turn a proxy's request into one for the host itself, the last on its connection."""
    url = urlsplit(target)
    if url.scheme != "http":
        raise ValueError(target)
    name, port = _host_and_port(url.netloc, 80)
    path = url._replace(scheme="", netloc="").geturl() or "/"
    kept = [line for line in lines if line and not _is_between_neighbours(line)]
    head = "\r\n".join(
        (f"{method} {path} HTTP/1.1", f"Host: {url.netloc}", *kept, "Connection: close", "", "")
    )
    return Call(host=name, port=port, head=head.encode("latin-1"), is_tunnel=False)


def _is_between_neighbours(line: str) -> bool:
    """Tell whether a header is for the proxy, not for the host behind it."""
    name = line.partition(":")[0].strip().lower()
    return name in ("host", "connection", "keep-alive", "upgrade") or name.startswith("proxy-")


def _host_and_port(text: str, default_port: int | None) -> tuple[str, int]:
    """Split ``host:port``. Raises ``ValueError``, also for credentials and IPv6 literals."""
    name, colon, port = text.partition(":")
    if not colon and default_port is not None:
        return plain_name(name), default_port
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):
        raise ValueError(text)
    return plain_name(name), int(port)


def _refusal(refused: _Refused) -> bytes:
    body = f"{refused}\n".encode()
    head = (
        f"HTTP/1.1 {refused.status}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, then its end; what one side no longer takes, the other stops sending."""
    while piece := await reader.read(_PIECE_BYTES):
        writer.write(piece)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()
