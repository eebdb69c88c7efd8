"""Sandboxes: an account's room for commands."""

from __future__ import annotations

from backline.api.operations.operation import ACCOUNT, Operation, OrNull, in_query
from backline.wire import sandboxes as wire

_TEXT = {"type": "string", "minLength": 1}

OPERATIONS = (
    Operation(
        path="/api/sandboxes",
        method="get",
        name="listSandboxes",
        summary="Show the account's sandbox and what is in its home",
        parameters=(in_query("sandbox_id", _TEXT, "Only this sandbox."), ACCOUNT),
        answers={200: wire.SandboxList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/api/sandboxes",
        method="post",
        name="createSandbox",
        summary="Make the account's sandbox if there is none, and trigger a command in it",
        body=wire.SandboxOrder,
        answers={200: wire.SandboxCreated},
        problems=(400, 401, 403, 413, 415, 500),
    ),
    Operation(
        path="/api/sandboxes",
        method="patch",
        name="changeSandbox",
        summary="Bring an older snapshot back, or name a repository",
        body=wire.SandboxChange,
        answers={200: OrNull(wire.SnapshotRow)},
        problems=(400, 401, 403, 404, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/sandboxes",
        method="delete",
        name="emptySandbox",
        summary="Empty the account's home and drop its snapshots",
        parameters=(ACCOUNT,),
        body=wire.SandboxTarget,
        is_body_optional=True,
        answers={200: wire.SandboxDeleted},
        problems=(400, 401, 403, 409, 413, 415, 500),
    ),
    Operation(
        path="/api/sandboxes/setup",
        method="post",
        name="setUpSandbox",
        summary="Lay out the account's home",
        body=wire.SandboxSetup,
        is_body_optional=True,
        answers={200: wire.SetupTriggered},
        problems=(400, 401, 403, 413, 415, 500),
    ),
    Operation(
        path="/api/sandboxes/snapshots",
        method="get",
        name="listSandboxSnapshots",
        summary="List the homes that can be brought back",
        parameters=(ACCOUNT,),
        answers={200: wire.SnapshotList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/api/sandboxes/file",
        method="get",
        name="readSandboxFile",
        summary="Show a file of the account's home",
        parameters=(in_query("path", _TEXT, "Below the home.", required=True), ACCOUNT),
        answers={200: wire.SandboxFile},
        problems=(400, 401, 403, 404, 413, 500),
    ),
    Operation(
        path="/api/sandboxes/files",
        method="post",
        name="writeSandboxFiles",
        summary="Bring files into the account's home",
        body=wire.SandboxFiles,
        answers={200: wire.SandboxUpload},
        problems=(400, 401, 403, 413, 415, 500),
    ),
)
