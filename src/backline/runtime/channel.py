"""A pair of ears: whole messages over a socket between supervisor and child."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from functools import cache
from typing import Any

import msgspec

from backline.errors import ResultInvalid

_LENGTH = struct.Struct("!I")
MAX_MESSAGE_BYTES = 64 * 1024 * 1024
"""More than any payload or output; a larger length can only be a broken peer."""


class ChannelClosed(Exception):
    """Raised when the other side is gone."""


@cache
def decoder_of(receives: Any) -> msgspec.msgpack.Decoder[Any]:
    """Return what reads messages of these kinds. Making one takes a millisecond, so it is kept."""
    return msgspec.msgpack.Decoder(receives)


def _packed(message: msgspec.Struct) -> bytes:
    try:
        body = msgspec.msgpack.encode(message)
    except (TypeError, ValueError, OverflowError) as trouble:
        raise ResultInvalid(f"a value can not be kept as JSON: {trouble}") from None
    if len(body) > MAX_MESSAGE_BYTES:
        raise ResultInvalid(
            f"a value of {len(body)} bytes is more than the {MAX_MESSAGE_BYTES} that a run may "
            "pass on: put large things into files"
        )
    return body


class Channel:
    """Sends and receives messages of two agreed kinds. Sending is safe from several threads."""

    def __init__(self, link: socket.socket, receives: Any) -> None:
        self._link = link
        self._decoder = decoder_of(receives)
        self._sending = threading.Lock()
        self._last_word = time.monotonic()
        self._owes_answer = False

    def send(self, message: msgspec.Struct) -> None:
        """Send one message.

        Raises `ChannelClosed` when nobody listens any more, and `ResultInvalid`
        for one that can not travel: it holds no JSON, or too much of it.
        """
        body = _packed(message)
        try:
            with self._sending:
                self._link.sendall(_LENGTH.pack(len(body)) + body)
        except OSError as broken:
            raise ChannelClosed(str(broken)) from broken
        self._last_word, self._owes_answer = time.monotonic(), False

    def receive(self) -> Any:
        """Wait for the next message. Raises `ChannelClosed` at the end, also within a message."""
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size))
        if length > MAX_MESSAGE_BYTES:
            raise ChannelClosed(f"a message of {length} bytes: the other side is broken")
        message = self._decoder.decode(self._exactly(length))
        self._owes_answer = getattr(message, "is_answered", True)
        self._last_word = time.monotonic()
        return message

    def silent_seconds(self) -> float:
        """Return how long the other side has said nothing, though it was its turn."""
        if self._owes_answer or self.has_news(0):
            return 0.0
        return time.monotonic() - self._last_word

    def has_news(self, timeout_seconds: float) -> bool:
        """Wait at most so long for something to receive, the end included."""
        return bool(select.select([self._link], [], [], timeout_seconds)[0])

    def _exactly(self, size: int) -> bytearray:
        data = bytearray(size)
        view = memoryview(data)
        filled = 0
        while filled < size:
            try:
                got = self._link.recv_into(view[filled:])
            except OSError as broken:
                raise ChannelClosed(str(broken)) from broken
            if got == 0:
                raise ChannelClosed("the other side is gone")
            filled += got
        return data

    def close(self) -> None:
        """Hang up; whoever waits in `receive`, on either side, is told so."""
        with contextlib.suppress(OSError):  # the other side may have gone first
            self._link.shutdown(socket.SHUT_RDWR)
        self._link.close()
