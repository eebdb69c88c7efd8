"""An endpoint as clients see it, and the words from which its description is made."""

from __future__ import annotations

from typing import Any

import msgspec

Schema = dict[str, Any]


class OrNull(msgspec.Struct, frozen=True):
    """An answer that may be null instead."""

    shape: Any


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint, as clients see it."""

    path: str
    method: str
    name: str
    summary: str
    parameters: tuple[Schema, ...] = ()
    body: Any = None
    """A Struct for JSON, or a schema by MIME type."""
    is_body_optional: bool = False
    answers: dict[int, Any]
    """A Struct for JSON, or a MIME type."""
    problems: tuple[int, ...] = (401, 500)
    is_open: bool = False
    """Whether it needs no credentials."""


def in_query(name: str, schema: Schema, text: str, *, required: bool = False) -> Schema:
    """Describe a parameter of the query."""
    place = {"name": name, "in": "query", "required": required}
    return {**place, "description": text, "schema": schema}


def in_path(name: str, text: str) -> Schema:
    """Describe a part of the path."""
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "description": text, "schema": schema}


LIMIT: Schema = {"type": "integer", "default": 20, "minimum": 1, "maximum": 100}
UUID: Schema = {"type": "string", "format": "uuid"}
ACCOUNT = in_query("account_id", UUID, "Another account within the caller's reach.")
RUN_ID = in_path("runId", "The run's id.")
