"""Everything in one process and one file: API, worker and SQLite, for a laptop or a small team."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import msgspec
from granian.constants import Interfaces
from granian.server.embed import Server

from backline.administration import DevCredentials, ensure_dev_account
from backline.engine import Bell
from backline.server import create_app
from backline.settings import Settings
from backline.workers import open_database, working

EXAMPLES = "backline.examples"
"""Tasks to try backline with."""


def run(settings: Settings, host: str, port: int) -> None:
    """Serve and work until SIGTERM or SIGINT.

    Writes ``credentials.json`` into the data directory and prints ``ready``
    with the URL once both sides take work.
    """
    database = open_database(settings)
    credentials = ensure_dev_account(database, settings)
    write_credentials(settings.credentials_path, settings.public_url, credentials)
    bell = Bell()
    settings = msgspec.structs.replace(
        settings,
        task_modules=(EXAMPLES, *settings.task_modules),
        schedule_account=settings.schedule_account or credentials["account_id"],
    )
    with working(settings, database, bell):
        server = Server(
            create_app(settings, database, bell),
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            websockets=False,
            log_enabled=False,
        )
        asyncio.run(_serve(server, settings.public_url))
    database.close()


def write_credentials(path: Path, url: str, credentials: DevCredentials) -> None:
    """Leave URL and keys where local clients look for them, readable by the owner alone."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": url, **credentials}, file, indent=2)
    draft.replace(path)


async def _serve(server: Server, url: str) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    serving = asyncio.create_task(server.serve())
    while not server.wrks:
        if serving.done():
            await serving  # raises what kept it from starting
        await asyncio.sleep(0.01)
    print(f"ready {url}", flush=True)  # noqa: T201 - scripts wait for it
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
    server.stop()
    await serving
