"""Content and files: what videos are made from, and the videos."""

from __future__ import annotations

from backline.api.operations.operation import (
    ACCOUNT,
    LIMIT,
    UUID,
    Operation,
    Schema,
    in_path,
    in_query,
)
from backline.content.templates import Template
from backline.wire import advice, editing
from backline.wire import recoup as wire

_FORM: Schema = {
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "required": ["file"],
            "properties": {
                "account_id": UUID,
                "file": {"type": "string", "contentMediaType": "application/octet-stream"},
            },
        }
    }
}

_FLAG: Schema = {"type": "boolean", "default": False}

OPERATIONS = (
    Operation(
        path="/api/content/create",
        method="post",
        name="createContent",
        summary="Order one or more short vertical videos",
        body=wire.ContentOrder,
        answers={202: wire.ContentTriggered},
        problems=(400, 401, 404, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/content",
        method="patch",
        name="editContent",
        summary="Order an edit of a film: cut, crop, scale, write on it, set it to other music",
        body=editing.ContentEdit,
        answers={202: editing.EditTriggered},
        problems=(400, 401, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/content/estimate",
        method="get",
        name="estimateContent",
        summary="Say what videos would be billed at on this server",
        parameters=(
            in_query("lipsync", _FLAG, "Whether a mouth shall move to the words."),
            in_query("compare", _FLAG, "Whether to list the ways to make a video."),
            in_query("batch", LIMIT | {"default": 1}, "How many videos."),
        ),
        answers={200: advice.ContentEstimate},
        problems=(400, 401, 500),
    ),
    Operation(
        path="/api/content/validate",
        method="get",
        name="validateContent",
        summary="Say whether an artist's uploads are enough for a video",
        parameters=(
            in_query("artist_account_id", UUID, "An artist within reach.", required=True),
            in_query("template", {"type": "string", "minLength": 1}, "The template that is meant."),
        ),
        answers={200: advice.ContentReadiness},
        problems=(400, 401, 404, 500),
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
        parameters=(in_path("id", "The template's id."),),
        answers={200: Template},
        problems=(401, 404, 500),
    ),
    Operation(
        path="/api/files",
        method="post",
        name="uploadFiles",
        summary="Take in songs, pictures, videos or lyrics; all files of the form or none",
        parameters=(ACCOUNT,),
        body=_FORM,
        answers={201: wire.FileList},
        problems=(400, 401, 403, 413, 415, 500),
    ),
    Operation(
        path="/api/files",
        method="get",
        name="listFiles",
        summary="List the newest files of an account",
        parameters=(in_query("limit", LIMIT, "How many files to list."), ACCOUNT),
        answers={200: wire.FileList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/api/files/{fileId}/{fileName}",
        method="get",
        name="openFile",
        summary="Open a file by its signed link, whole or a range of it",
        parameters=(
            in_path("fileId", "The file's id."),
            in_path("fileName", "The file's name."),
            in_query("expires", {"type": "string"}, "From the link.", required=True),
            in_query("signature", {"type": "string"}, "From the link.", required=True),
        ),
        answers={200: "*/*", 206: "*/*", 304: None, 416: None},
        problems=(400, 403, 404, 500),
        is_open=True,
    ),
)
