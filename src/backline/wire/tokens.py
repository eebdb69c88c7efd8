"""Tokens as they travel: something outside that a run can wait for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from backline.wire.orders import Duration, Tag
from backline.wire.recoup import Moment, Uri, Uuid


class NewToken(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """An order for a token."""

    timeout: Duration | None = None
    """How long it may be waited for: a duration, or an ISO 8601 date; for ever if not said."""
    tags: Annotated[list[Tag], Meta(max_length=10)] = []
    idempotency_key: Annotated[str, Meta(min_length=1, max_length=2048)] | None = None
    """The same key again answers with the same token."""
    account_id: Uuid | None = None
    """Whose token it is; the caller's own account if not said."""


class TokenCreated(Struct, frozen=True, kw_only=True):
    """A token, and the URL that completes it without credentials."""

    status: Literal["success"]
    id: str
    url: Uri


class Completion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token is completed with."""

    data: Any = None
    """The answer that the waiting run gets."""


class TokenCompleted(Struct, frozen=True, kw_only=True):
    """The token is completed; if it was before, the first completion counts."""

    status: Literal["success"]


class TokenState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A token and how it stands."""

    id: str
    url: Uri
    status: Literal["WAITING", "COMPLETED", "TIMED_OUT"]
    created_at: Moment
    timeout_at: Moment | None
    completed_at: Moment | None
    idempotency_key: str | None
    tags: Annotated[Raw, Meta(extra_json_schema={"type": "array", "items": {"type": "string"}})]
    output: Raw | UnsetType = UNSET
    """What it was completed with; only when one token is asked for."""


class TokenList(Struct, frozen=True, kw_only=True):
    """Tokens, the newest first."""

    status: Literal["success"]
    tokens: list[TokenState]


class TokenAnswer(Struct, frozen=True, kw_only=True):
    """A token that was asked for by its id."""

    status: Literal["success"]
    token: TokenState
