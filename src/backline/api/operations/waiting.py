"""Tokens and queues: what runs wait for."""

from __future__ import annotations

from backline.api.operations.operation import ACCOUNT, LIMIT, Operation, in_path, in_query
from backline.wire import queues, tokens

_TOKEN_ID = in_path("tokenId", "The token's id.")
_QUEUE = in_path("name", "The queue's name, its slashes escaped twice (`task%252Fhello-world`).")

OPERATIONS = (
    Operation(
        path="/api/tokens",
        method="post",
        name="createToken",
        summary="Make a token that a run can wait for",
        body=tokens.NewToken,
        answers={201: tokens.TokenCreated},
        problems=(400, 401, 403, 413, 415, 500),
    ),
    Operation(
        path="/api/tokens",
        method="get",
        name="listTokens",
        summary="List the newest tokens of an account",
        parameters=(in_query("limit", LIMIT, "How many tokens to list."), ACCOUNT),
        answers={200: tokens.TokenList},
        problems=(400, 401, 403, 500),
    ),
    Operation(
        path="/api/tokens/{tokenId}",
        method="get",
        name="getToken",
        summary="Show a token",
        parameters=(_TOKEN_ID,),
        answers={200: tokens.TokenAnswer},
        problems=(401, 404, 500),
    ),
    Operation(
        path="/api/tokens/{tokenId}/complete",
        method="post",
        name="completeToken",
        summary="Complete a token",
        parameters=(_TOKEN_ID,),
        body=tokens.Completion,
        answers={200: tokens.TokenCompleted},
        problems=(400, 401, 404, 413, 415, 500),
    ),
    Operation(
        path="/api/tokens/{tokenId}/callback",
        method="post",
        name="callTokenBack",
        summary="Complete a token by its signed URL; the JSON body is the answer",
        parameters=(
            _TOKEN_ID,
            in_query("signature", {"type": "string"}, "From the URL.", required=True),
        ),
        body={"application/json": {"schema": {}}},
        is_body_optional=True,
        answers={200: tokens.TokenCompleted},
        problems=(400, 401, 404, 413, 500),
        is_open=True,
    ),
    Operation(
        path="/api/queues",
        method="get",
        name="listQueues",
        summary="List the queues that tasks declare; for operators",
        answers={200: queues.QueueList},
        problems=(401, 403, 500),
    ),
    Operation(
        path="/api/queues/{name}/pause",
        method="post",
        name="pauseQueue",
        summary="Start no more runs of a queue; for operators",
        parameters=(_QUEUE,),
        answers={200: queues.QueueAnswer},
        problems=(401, 403, 404, 500),
    ),
    Operation(
        path="/api/queues/{name}/resume",
        method="post",
        name="resumeQueue",
        summary="Start runs of a paused queue again; for operators",
        parameters=(_QUEUE,),
        answers={200: queues.QueueAnswer},
        problems=(401, 403, 404, 500),
    ),
    Operation(
        path="/api/queues/{name}/limit",
        method="post",
        name="limitQueue",
        summary="Set another limit for a queue; for operators",
        parameters=(_QUEUE,),
        body=queues.QueueLimit,
        answers={200: queues.QueueAnswer},
        problems=(400, 401, 403, 404, 413, 415, 500),
    ),
    Operation(
        path="/api/queues/{name}/rate",
        method="post",
        name="rateQueue",
        summary="Set how many runs of a queue may start in a period; for operators",
        parameters=(_QUEUE,),
        body=queues.QueueRate,
        answers={200: queues.QueueAnswer},
        problems=(400, 401, 403, 404, 413, 415, 500),
    ),
)
