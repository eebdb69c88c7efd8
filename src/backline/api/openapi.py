"""The API's description in OpenAPI 3.1: operations from a table, schemas from the wire's Structs."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

import msgspec

from backline.content.order import FinishedContent
from backline.content.templates import Template
from backline.wire import recoup as wire

Schema = dict[str, Any]

_REFERENCE = "#/components/schemas/{name}"

_TEXTS = {
    200: "Done",
    201: "Created",
    202: "Triggered",
    206: "The part that was asked for",
    304: "The caller has it already",
    400: "A value is wrong; `field` says which",
    401: "Credentials are missing, doubled or unknown",
    403: "Known, but not allowed",
    404: "No such thing within reach",
    409: "Another call is doing the same at this moment",
    413: "More bytes than are taken here",
    415: "A type of content that is not taken here",
    416: "The range lies behind the end of the file",
    500: "Something went wrong on the server; `error` carries an id to report",
    503: "The database does not answer",
}


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint, as clients see it."""

    path: str
    method: str
    name: str
    summary: str
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    answers: dict[int, Any]
    """A Struct for JSON, or a MIME type."""
    problems: tuple[int, ...] = (401, 500)
    is_open: bool = False
    """Whether it needs no credentials."""


def _query(name: str, schema: Schema, text: str, *, required: bool = False) -> Schema:
    place = {"name": name, "in": "query", "required": required}
    return {**place, "description": text, "schema": schema}


def _path(name: str, text: str) -> Schema:
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "description": text, "schema": schema}


def _json(shape: Any) -> Schema:
    return {"application/json": {"schema": {"$ref": _REFERENCE.format(name=shape.__name__)}}}


_LIMIT = {"type": "integer", "default": 20, "minimum": 1, "maximum": 100}
_UUID = {"type": "string", "format": "uuid"}
_ACCOUNT = _query("account_id", _UUID, "Another account within the caller's reach.")
_FORM = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "account_id": _UUID,
                "file": {"type": "string", "contentMediaType": "application/octet-stream"},
            },
        }
    }
}

OPERATIONS = (
    Operation(
        path="/api/tasks/runs",
        method="get",
        name="getTaskRuns",
        summary="List the newest runs of an account, or show one run",
        parameters=(
            _query(
                "runId",
                {"type": "string", "minLength": 1},
                "The run to show; without it, runs are listed.",
            ),
            _query("limit", _LIMIT, "How many runs to list; passed over beside `runId`."),
            _query(
                "account_id", _UUID, "Whose runs to list; the caller's own account if not said."
            ),
        ),
        answers={200: wire.TaskRunList},
        problems=(400, 401, 403, 404, 500),
    ),
    Operation(
        path="/api/tasks/runs",
        method="post",
        name="triggerTaskRun",
        summary="Trigger a run of any task",
        body=_json(wire.TriggerTask),
        answers={200: wire.TaskTriggered, 202: wire.TaskTriggered},
        problems=(400, 401, 403, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/content/create",
        method="post",
        name="createContent",
        summary="Order one or more short vertical videos",
        body=_json(wire.ContentOrder),
        answers={202: wire.ContentTriggered},
        problems=(400, 401, 404, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/content/templates",
        method="get",
        name="listTemplates",
        summary="List the looks that a video can have",
        answers={200: wire.TemplateList},
    ),
    Operation(
        path="/api/content/templates/{id}",
        method="get",
        name="getTemplate",
        summary="Show a template",
        parameters=(_path("id", "The template's id."),),
        answers={200: Template},
        problems=(401, 404, 500),
    ),
    Operation(
        path="/api/files",
        method="post",
        name="uploadFiles",
        summary="Take in songs, pictures, videos or lyrics; all files of the form or none",
        parameters=(_ACCOUNT,),
        body=_FORM,
        answers={201: wire.FileList},
        problems=(400, 401, 403, 413, 415, 500),
    ),
    Operation(
        path="/api/files",
        method="get",
        name="listFiles",
        summary="List the newest files of an account",
        parameters=(_query("limit", _LIMIT, "How many files to list."), _ACCOUNT),
        answers={200: wire.FileList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/api/files/{fileId}/{fileName}",
        method="get",
        name="openFile",
        summary="Open a file by its signed link, whole or a range of it",
        parameters=(
            _path("fileId", "The file's id."),
            _path("fileName", "The file's name."),
            _query("expires", {"type": "string"}, "From the link.", required=True),
            _query("signature", {"type": "string"}, "From the link.", required=True),
        ),
        answers={200: "*/*", 206: "*/*", 304: None, 416: None},
        problems=(400, 403, 404, 500),
        is_open=True,
    ),
    Operation(
        path="/api/accounts/id",
        method="get",
        name="getAccountId",
        summary="Say which account the credentials speak for",
        answers={200: wire.AccountIdentity},
    ),
    Operation(
        path="/api/organizations",
        method="get",
        name="listOrganizations",
        summary="List the organizations that an account belongs to",
        parameters=(_ACCOUNT,),
        answers={200: wire.OrganizationList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/api/artists",
        method="get",
        name="listArtists",
        summary="List the artists that an account owns",
        parameters=(_ACCOUNT,),
        answers={200: wire.ArtistList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/healthz",
        method="get",
        name="checkHealth",
        summary="Say whether the server can work",
        answers={200: wire.Health, 503: wire.Health},
        problems=(500,),
        is_open=True,
    ),
)


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
    if operation.body:
        described["requestBody"] = {"required": True, "content": operation.body}
    if operation.is_open:
        described["security"] = []
    return described


def _answer(code: int, shape: Any) -> Schema:
    described: Schema = {"description": _TEXTS[code]}
    if isinstance(shape, str):
        described["content"] = {shape: {}}
    elif shape is not None:
        described["content"] = _json(shape)
    return described


def _schemas() -> dict[str, Schema]:
    shapes: list[Any] = [wire.Problem, wire.TriggerTask, wire.ContentOrder, FinishedContent]
    for operation in OPERATIONS:
        shapes += [shape for shape in operation.answers.values() if isinstance(shape, type)]
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
