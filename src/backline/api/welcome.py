"""The front step: a word of welcome, the API's description, and whether the server can work."""

from __future__ import annotations

import logging

from anyio import to_thread
from litestar import get

from backline.api.answers import Answer, answer
from backline.api.openapi import document
from backline.api.services import AnyRequest, Services, services_of
from backline.wire.recoup import Health

log = logging.getLogger(__name__)

WELCOME = b"""This is backline. It takes the slow work off a music team's hands.

The API is described at /openapi.json; follow a run at /api/tasks/runs.
"""


@get("/")
async def welcome() -> Answer:
    """Greet whoever opens the server's address."""
    return Answer(200, WELCOME, b"text/plain; charset=utf-8")


@get("/openapi.json")
async def describe_api(request: AnyRequest) -> Answer:
    """Describe the API in OpenAPI 3.1."""
    return Answer(200, document(services_of(request).settings.public_url))


@get("/healthz")
async def check_health(request: AnyRequest) -> Answer:
    """Say whether the database answers: 200, or 503."""
    if await to_thread.run_sync(_database_answers, services_of(request)):
        return answer(Health(status="ok"))
    return answer(Health(status="error"), 503)


def _database_answers(services: Services) -> bool:
    try:
        with services.database.read() as connection:
            return bool(connection.exec_driver_sql("SELECT 1").scalar())
    except Exception as problem:  # noqa: BLE001 - whatever it is, the answer is no
        log.warning("the database does not answer: %s", type(problem).__name__)
        return False
