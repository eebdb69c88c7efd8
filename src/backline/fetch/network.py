"""The network as a caller's URL sees it: public addresses only, until the deadline.

The name is resolved, judged and connected to in one place, and the connection
goes to the very address that was judged, so a name server that answers
differently the second time gains nothing. Every redirect comes through here
too. TLS still checks the certificate against the name in the URL.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any

import httpcore

from backline.addresses import refusal

_CONNECT_TIMEOUT_SECONDS = 10.0


class NoWay(httpcore.ConnectError):
    """Raised for a host that is not connected to, however often it is tried."""


class Deadline:
    """A moment after which nothing is waited for."""

    def __init__(self, timeout_seconds: float) -> None:
        self._ends_at = time.monotonic() + timeout_seconds

    def remaining_seconds(self) -> float:
        """Return the time that is left. Raises ``httpcore.ReadTimeout`` when there is none."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("deadline passed")
        return left


class GuardedNetwork(httpcore.NetworkBackend):
    """Connects to judged addresses only."""

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline decides
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of ``host`` that answers.

        Raises ``httpcore.ConnectError`` when there is none just now, and ``NoWay``
        for an unknown host and when any address of the host is not public: a name
        with both kinds is a trap.
        """
        addresses = _resolve(host, port)
        for address in addresses:
            reason = refusal(ip_address(address), allow_private=self._allow_private)
            if reason:
                raise NoWay(f"{host} has a {reason} address, not a public one")
        for number, address in enumerate(addresses, start=1):
            patience = min(self._deadline.remaining_seconds(), _CONNECT_TIMEOUT_SECONDS)
            try:
                stream = self._plain.connect_tcp(
                    address, port, patience, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses):
                    raise
            else:
                return _DeadlineStream(stream, self._deadline)
        raise httpcore.ConnectError(f"{host} has no address")


class _DeadlineStream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline, however slowly the bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._stream.read(max_bytes, self._deadline.remaining_seconds())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._deadline.remaining_seconds())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        try:
            stream = self._stream.start_tls(
                ssl_context, server_hostname, self._deadline.remaining_seconds()
            )
        except httpcore.ConnectError as problem:
            # Another name's certificate is not going to be this one's.
            if isinstance(problem.__cause__, ssl.SSLCertVerificationError):
                raise NoWay(str(problem)) from None
            raise
        return _DeadlineStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolve(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        # A name server that can not be reached may be there again in a minute.
        for_now = isinstance(problem, socket.gaierror) and problem.errno == socket.EAI_AGAIN
        kind = httpcore.ConnectError if for_now else NoWay
        raise kind(f"no host {host} is known") from None
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
