"""The HTTP server: puts the API together, and serves it.

Everything that the handlers work with is made here, once per process, and
closed again when the server stops.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from socket import create_connection
from threading import Thread
from time import sleep

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from litestar import Litestar
from litestar.datastructures import State

from backline.accounts import Gatekeeper
from backline.api import HANDLERS, ROUTES, AsgiApp, KeyUse, Manners, Services, Ticker
from backline.db import Database, connect
from backline.engine import Bell, Dispatch, RunQueue, open_relay, prepare_engine_tables
from backline.files import Shelf
from backline.migrations import migrate
from backline.process import end_with_parent
from backline.settings import Settings
from backline.storage import open_store


def create_app(settings: Settings, database: Database, bell: Bell | None = None) -> AsgiApp:
    """Put the API together over a database whose tables are in place.

    ``bell`` wakes a worker in the same process as soon as a run is triggered;
    without one the workers of other processes are rung for. The application
    closes what it opened when it stops; the database stays the caller's.
    """
    store = open_store(settings.storage_url)
    queue = RunQueue(database)
    relay = None
    if bell is None:
        bell = Bell()
        relay = open_relay(bell, database)
    services = Services(
        settings=settings,
        database=database,
        gatekeeper=Gatekeeper(settings),
        key_use=KeyUse(database),
        dispatch=Dispatch(database, queue, bell, concurrency_limit=settings.concurrency_limit),
        shelf=Shelf(database, store, settings),
        store=store,
        ticker=Ticker(bell),
    )

    @asynccontextmanager
    async def open_for_business(_: Litestar) -> AsyncIterator[None]:
        if relay is not None:
            relay.start(listening=False)
        yield
        if relay is not None:
            relay.close()
        services.ticker.close()
        services.key_use.close()
        queue.close()

    app = Litestar(
        route_handlers=ROUTES,
        exception_handlers=HANDLERS,
        state=State({"services": services}),
        lifespan=[open_for_business],
        openapi_config=None,
        logging_config=None,
    )
    return Manners(app)


def serve(settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Bring the tables up to date and serve until told to stop (SIGTERM, SIGINT).

    Prints ``ready`` with the URL once a connection is taken. Each of the
    ``workers`` is a process of its own.
    """
    database = connect(settings.database_url)
    migrate(database)
    prepare_engine_tables(database)
    database.close()
    server = Granian(
        target="backline.server:create_app",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        websockets=False,
        log_level=LogLevels.warning,
        log_access=False,
    )
    announcing = Thread(target=_announce, args=(settings.public_url, host, port), daemon=True)
    server.on_startup(announcing.start)
    server.serve(target_loader=partial(_load, settings), wrap_loader=False)


def _load(settings: Settings) -> AsgiApp:
    """Make the application of one server process, which has connections of its own."""
    # Else it would hold the port when its parent is killed, and no new server could start.
    end_with_parent()
    return create_app(settings, connect(settings.database_url))


def _announce(url: str, host: str, port: int) -> None:
    """Say that the server is there as soon as it takes a connection."""
    while True:
        with suppress(OSError), create_connection((host, port), timeout=1):
            break
        sleep(0.02)
    print(f"ready {url}", flush=True)  # noqa: T201 - scripts wait for it
