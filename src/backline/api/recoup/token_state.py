"""A token in the words of the wire."""

from __future__ import annotations

from msgspec import UNSET, Raw, UnsetType

from backline.api.token_links import callback_url
from backline.clock import TimestampMs, iso
from backline.runs.waiting import Token
from backline.settings import Settings
from backline.wire.tokens import TokenState


def token_state(settings: Settings, token: Token, output: Raw | UnsetType = UNSET) -> TokenState:
    """Return a token as it is shown; with its output only when one is asked for."""
    return TokenState(
        id=token.id,
        url=callback_url(settings, token.id),
        status=token.status,  # type: ignore[arg-type]
        created_at=iso(token.created_at),
        timeout_at=_moment(token.timeout_at),
        completed_at=_moment(token.completed_at),
        idempotency_key=token.idempotency_key,
        tags=Raw(token.tags.encode()),
        output=output,
    )


def completed_output(token: Token) -> Raw:
    """Return what a token was completed with as JSON; null while it was not."""
    return Raw(b"null" if token.output is None else token.output.encode())


def _moment(timestamp_ms: TimestampMs | None) -> str | None:
    return None if timestamp_ms is None else iso(timestamp_ms)
