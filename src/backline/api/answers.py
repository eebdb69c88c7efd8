"""Answers as ready bytes: a value becomes JSON once, and nothing looks at it again."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar.response.base import ASGIResponse

_encoder = msgspec.json.Encoder()


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> ASGIResponse:
    """Answer with a value as JSON."""
    return ASGIResponse(
        body=_encoder.encode(value),
        status_code=status,
        headers=headers,
        media_type="application/json",
    )
