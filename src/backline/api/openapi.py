"""The API's description in OpenAPI 3.1: operations from a table, schemas from the wire's Structs."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec

from backline.api.operations import OPERATIONS, Operation, Schema
from backline.api.operations.operation import OrNull
from backline.content.order import FinishedContent
from backline.wire import recoup as wire

_REFERENCE = "#/components/schemas/{name}"

_TEXTS = {
    200: "Done",
    201: "Created",
    202: "Triggered",
    204: "The caller has seen the end already",
    206: "The part that was asked for",
    304: "The caller has it already",
    400: "A value is wrong; `field` says which",
    401: "Credentials are missing, doubled or unknown",
    403: "Known, but not allowed",
    404: "No such thing within reach",
    409: "It is not in a state that allows this, or another call is doing the same just now",
    413: "More bytes than are taken here",
    415: "A type of content that is not taken here",
    416: "The range lies behind the end of the file",
    500: "Something went wrong on the server; `error` carries an id to report",
    503: "The database does not answer",
}


@lru_cache
def document(public_url: str) -> bytes:
    """Return the whole description as JSON text."""
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "backline",
                "version": version("backline"),
                "summary": "Trigger slow work, get a run id at once, follow it to its result.",
                "license": {"name": "MIT", "identifier": "MIT"},
            },
            "servers": [{"url": public_url}],
            "security": [{"apiKeyAuth": []}, {"bearerAuth": []}],
            "paths": _paths(),
            "components": {
                "schemas": _schemas(),
                "securitySchemes": {
                    "apiKeyAuth": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                    "bearerAuth": {"type": "http", "scheme": "bearer"},
                },
            },
        }
    )


def _paths() -> dict[str, dict[str, Schema]]:
    paths: dict[str, dict[str, Schema]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return paths


def _described(operation: Operation) -> Schema:
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {
            **{str(code): _answer(code, shape) for code, shape in operation.answers.items()},
            **{str(code): _answer(code, wire.Problem) for code in operation.problems},
        },
    }
    if operation.parameters:
        described["parameters"] = list(operation.parameters)
    if operation.body is not None:
        described["requestBody"] = _request_body(operation)
    if operation.is_open:
        described["security"] = []
    return described


def _request_body(operation: Operation) -> Schema:
    body = operation.body
    content = body if isinstance(body, dict) else _json(body)
    return {"required": not operation.is_body_optional, "content": content}


def _json(shape: Any) -> Schema:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(name=shape.__name__)}}}


def _answer(code: int, shape: Any) -> Schema:
    described: Schema = {"description": _TEXTS[code]}
    if isinstance(shape, str):
        described["content"] = {shape: {}}
    elif isinstance(shape, OrNull):
        reference = _json(shape.shape)["application/json"]["schema"]
        either = {"anyOf": [reference, {"type": "null"}]}
        described["content"] = {"application/json": {"schema": either}}
    elif shape is not None:
        described["content"] = _json(shape)
    return described


def _schemas() -> dict[str, Schema]:
    shapes: list[Any] = [wire.Problem, FinishedContent]
    for operation in OPERATIONS:
        named = (operation.body, *operation.answers.values())
        bare = (shape.shape if isinstance(shape, OrNull) else shape for shape in named)
        shapes += [shape for shape in bare if isinstance(shape, type)]
    _, schemas = msgspec.json.schema_components(dict.fromkeys(shapes), ref_template=_REFERENCE)
    schemas["TaskRun"]["properties"]["output"] = {
        "description": "What the task returned: for create-content a FinishedContent. "
        "Null unless the run is COMPLETED.",
        "anyOf": [{"$ref": _REFERENCE.format(name="FinishedContent")}, {}],
    }
    return {name: _nullable_as_type(schema) for name, schema in schemas.items()}


def _nullable_as_type(schema: Any) -> Any:
    """Write "this type or null" as OpenAPI 3.1 does: an array of types."""
    if isinstance(schema, list):
        return [_nullable_as_type(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: _nullable_as_type(value) for name, value in schema.items()}
    match schema:
        case {"anyOf": [{"type": str() as kind, **rest}, {"type": "null"}], **others}:
            return {"type": [kind, "null"], **rest, **others}
    return schema
