"""What every answer of the API has in common: who may read it, OPTIONS and HEAD.

CORS is open, because credentials travel in headers that a page must set on
purpose, never in cookies that a browser adds by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]
"""A web application, as any ASGI server takes it."""

CORS_HEADERS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, POST, PUT, DELETE, OPTIONS, PATCH"),
    (
        b"access-control-allow-headers",
        b"Content-Type, Authorization, X-Requested-With, x-api-key",
    ),
)


class Manners:
    """Stands in front of the application; `create_app` in ``server.py`` puts it there."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if scope["path"].startswith("/api/"):
            send = _with_cors(send)
            if scope["method"] == "OPTIONS":
                return await _answer_options(send)
        if scope["method"] == "HEAD":
            # HEAD is GET without the body; `asked_method` lets a handler spare itself the body.
            scope = {**scope, "method": "GET", "asked_method": "HEAD"}
            send = _without_body(send)
        return await self._app(scope, receive, send)


def asked_method(scope: Mapping[str, Any]) -> str:
    """Return the method that the caller used: ``HEAD`` where a handler sees ``GET``."""
    method: str = scope.get("asked_method", scope["method"])
    return method


def _with_cors(send: Send) -> Send:
    async def send_open(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *CORS_HEADERS]
        await send(message)

    return send_open


def _without_body(send: Send) -> Send:
    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
        elif message["type"] == "http.response.body" and not message["more_body"]:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_head


async def _answer_options(send: Send) -> None:
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
