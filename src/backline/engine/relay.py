"""Carries the news of a bell to every other process that works on the same database.

On Postgres a NOTIFY does it, in the very transaction that the news is of; on
SQLite a datagram to a socket per worker, in a folder that all processes of one
user and one database file find. News that gets lost costs one poll; nothing
but speed hangs on this file.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
import socket
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection
from pathlib import Path

import psycopg
import sqlalchemy as sa

from backline.db import Connection, Database
from backline.engine.wakeup import Bell

log = logging.getLogger(__name__)

CHANNEL = "backline_bell"
SECONDS_BETWEEN_TRIES = 1.0
_MOST_BYTES = 4096
_BREAK = "\n"
"""Between the pieces of a message; no queue has it in its name."""


class Relay(ABC):
    """Carries news between processes. Start it where there is news, listen where it is needed."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._stopped = threading.Event()
        self._listener: threading.Thread | None = None

    def start(self, *, listening: bool) -> None:
        """Pass on the news of this process; with ``listening`` also hear that of others."""
        self._bell.messenger = self
        if listening:
            self._listener = threading.Thread(target=self._hear, name="bell-listener", daemon=True)
            self._listener.start()

    def close(self) -> None:
        """Pass nothing on any more."""
        self._bell.messenger = None
        self._stopped.set()
        self._hang_up()
        if self._listener is not None:
            self._listener.join()

    @abstractmethod
    def send_at_commit(self, connection: Connection, news: Collection[str]) -> None:
        """Send with the transaction, where the database does that."""

    @abstractmethod
    def send(self, news: Collection[str]) -> None:
        """Send what the database does not, when the transaction is committed."""

    @abstractmethod
    def _hear(self) -> None: ...

    @abstractmethod
    def _hang_up(self) -> None: ...


class PostgresRelay(Relay):
    """Sends by NOTIFY."""

    def __init__(self, bell: Bell, database: Database) -> None:
        super().__init__(bell)
        url = database.engine.url.set(drivername="postgresql")
        self._address = url.render_as_string(hide_password=False)
        self._name = secrets.token_hex(8)
        """By which it knows its own news."""

    def send_at_commit(self, connection: Connection, news: Collection[str]) -> None:
        """Send with the transaction."""
        message = _BREAK.join((self._name, *news))
        connection.execute(_NOTIFY, {"channel": CHANNEL, "message": message})

    def send(self, news: Collection[str]) -> None:
        """It went with the transaction."""

    def _hear(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen()
            except psycopg.Error as trouble:
                log.debug("the bell's line is down: %s", trouble)
                self._stopped.wait(SECONDS_BETWEEN_TRIES)

    def _listen(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            while not self._stopped.is_set():
                for notice in connection.notifies(timeout=1.0, stop_after=1):
                    sender, *news = notice.payload.split(_BREAK)
                    if sender != self._name:
                        self._bell.ring(news)

    def _hang_up(self) -> None:
        """The listener looks up every second by itself."""


_NOTIFY = sa.text("SELECT pg_notify(:channel, :message)")


class LocalRelay(Relay):
    """Sends by datagram, for the processes of one machine that share a SQLite file."""

    def __init__(self, bell: Bell, database: Database) -> None:
        super().__init__(bell)
        self._folder = bell_folder(Path(database.engine.url.database or ""))
        self._own = self._folder / f"{os.getpid()}-{id(self):x}"
        self._ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._mouth = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._mouth.setblocking(False)

    def start(self, *, listening: bool) -> None:
        if listening:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            self._ear.bind(str(self._own))
        super().start(listening=listening)

    def close(self) -> None:
        super().close()
        self._ear.close()
        self._mouth.close()

    def send_at_commit(self, connection: Connection, news: Collection[str]) -> None:
        """A datagram can not be held back until the commit: it is sent after it."""

    def send(self, news: Collection[str]) -> None:
        """Send to every socket of the folder; never waits."""
        with contextlib.suppress(FileNotFoundError):  # nobody listens
            for path in self._folder.iterdir():
                if path != self._own:
                    self._send_to(path, _BREAK.join(news).encode())

    def _send_to(self, path: Path, message: bytes) -> None:
        try:
            self._mouth.sendto(message, str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)  # its process died without a goodbye
        except OSError:
            pass  # it has news enough waiting, or has just gone

    def _hear(self) -> None:
        while True:
            message = self._ear.recv(_MOST_BYTES)
            if self._stopped.is_set():
                return
            self._bell.ring(message.decode().split(_BREAK))

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._mouth.sendto(b"", str(self._own))
        self._own.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._folder.rmdir()  # unless others listen there


def bell_folder(database_path: Path) -> Path:
    """Return where the workers of a SQLite file have their sockets: a short path, for their limit."""
    name = f"{os.getuid()}:{database_path.resolve()}"
    return (
        Path(tempfile.gettempdir()) / f"backline-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    )


def open_relay(bell: Bell, database: Database) -> Relay:
    """Return the relay that fits the database."""
    return LocalRelay(bell, database) if database.is_embedded else PostgresRelay(bell, database)
