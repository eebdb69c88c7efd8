"""Answers as ready bytes: a value becomes JSON once, and nothing looks at it again."""

from __future__ import annotations

from typing import Any

import msgspec

from backline.api.manners import Send

encode = msgspec.json.Encoder().encode
"""Write a value as JSON."""


class Answer:
    """A whole answer, sent in two messages. Litestar takes any such callable as a response."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, status: int, body: bytes, media_type: bytes = b"application/json") -> None:
        self._status = status
        self._body = body
        self._headers = [
            (b"content-type", media_type),
            (b"content-length", b"%d" % len(body)),
        ]

    async def __call__(self, _scope: object, _receive: object, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self._status, "headers": self._headers}
        )
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def answer(value: Any, status: int = 200) -> Answer:
    """Answer with a value as JSON."""
    return Answer(status, encode(value))
