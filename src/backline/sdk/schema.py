"""What a payload must look like, written so that others can check it without the task's code.

A JSON Schema (draft 2020-12) of the annotation that a task's payload has. It
refuses nothing that the task itself would take, but for one thing: a pydantic
model also reads a number in quotes, which its schema does not allow.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

Schema = dict[str, Any]

MOST_BYTES: Final = 64 * 1024
"""A larger schema is not announced; the task then checks alone."""


def schema_of(kind: Any) -> Schema | None:
    """Return the schema of an annotated kind; None for one that says nothing, or can not say it."""
    try:
        schema = _written(kind)
    except (TypeError, RuntimeError, NotImplementedError):
        return None  # a kind of the author's own, which only code can check
    if not schema or len(msgspec.json.encode(schema)) > MOST_BYTES:
        return None
    loosened: Schema = _loosened(schema)
    return loosened


def _written(kind: Any) -> Schema:
    if hasattr(kind, "model_json_schema"):  # a pydantic model, without importing pydantic
        schema: Schema = kind.model_json_schema()
        return schema
    return msgspec.json.schema(kind, schema_hook=_anything)


def _anything(kind: type) -> Schema:
    """Let the task itself judge what only its code can read."""
    return {"title": kind.__name__}


def _loosened(schema: Any) -> Any:
    """Allow what msgspec reads beyond its own schema: decimals as numbers, sets with repetitions."""
    if isinstance(schema, list):
        return [_loosened(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    loose = {name: _loosened(value) for name, value in schema.items() if name != "uniqueItems"}
    if loose.get("format") == "decimal":
        loose["type"] = ["string", "number"]
    return loose
