"""Rings the bell of every other process that works on the same database.

On Postgres a NOTIFY does it, on SQLite a datagram to a socket per worker in a
folder that all processes of one user and one database file find. A ring that
gets lost costs one poll; nothing but speed hangs on this file.
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
from pathlib import Path

import psycopg

from backline.db import Database
from backline.engine.wakeup import Bell

log = logging.getLogger(__name__)

CHANNEL = "backline_bell"
SECONDS_BETWEEN_TRIES = 1.0


class Relay(ABC):
    """Carries rings between processes. Start it where rings are made, listen where they are needed."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._due = threading.Event()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, *, listening: bool) -> None:
        """Pass on the rings of this process; with ``listening`` also hear those of others."""
        self._bell.on_ring = self._due.set
        self._run(self._send_rings, "bell-relay")
        if listening:
            self._run(self._hear_rings, "bell-listener")

    def close(self) -> None:
        """Pass nothing on any more."""
        self._bell.on_ring = None
        self._stopped.set()
        self._due.set()
        self._hang_up()
        for thread in self._threads:
            thread.join()

    def _run(self, work: object, name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _send_rings(self) -> None:
        """Rings that come while one is being sent are sent as one."""
        while True:
            self._due.wait()
            if self._stopped.is_set():
                return
            self._due.clear()
            self._send()

    @abstractmethod
    def _send(self) -> None: ...

    @abstractmethod
    def _hear_rings(self) -> None: ...

    @abstractmethod
    def _hang_up(self) -> None: ...


class PostgresRelay(Relay):
    """Rings by NOTIFY."""

    def __init__(self, bell: Bell, database: Database) -> None:
        super().__init__(bell)
        self._database = database
        url = database.engine.url.set(drivername="postgresql")
        self._address = url.render_as_string(hide_password=False)
        self._name = secrets.token_hex(8)
        """By which it knows its own rings."""

    def _send(self) -> None:
        try:
            with self._database.write() as connection:
                connection.exec_driver_sql(f"NOTIFY {CHANNEL}, '{self._name}'")
        except Exception as trouble:  # noqa: BLE001 - the poll comes anyway
            log.debug("a ring was not passed on: %s", trouble)

    def _hear_rings(self) -> None:
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
                for ring in connection.notifies(timeout=1.0, stop_after=1):
                    if ring.payload != self._name:
                        self._bell.ring_here()

    def _hang_up(self) -> None:
        """The listener looks up every second by itself."""


class LocalRelay(Relay):
    """Rings by datagram, for the processes of one machine that share a SQLite file."""

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

    def _send(self) -> None:
        with contextlib.suppress(FileNotFoundError):  # the last listener took the folder along
            for path in self._folder.iterdir():
                if path != self._own:
                    self._send_to(path)

    def _send_to(self, path: Path) -> None:
        try:
            self._mouth.sendto(b"!", str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)  # its process died without a goodbye
        except OSError:
            pass  # it has rings enough waiting, or has just gone

    def _hear_rings(self) -> None:
        while True:
            self._ear.recv(16)
            if self._stopped.is_set():
                return
            self._bell.ring_here()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._mouth.sendto(b"!", str(self._own))
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
