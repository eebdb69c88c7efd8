"""Gives a command in a room something to read while it runs."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO


@contextmanager
def feeding(pipe: IO[bytes], pieces: Iterable[bytes]) -> Iterator[None]:
    """Give pieces to a command's input while the block lasts, then close it.

    A command need not read to the end. Raises what reading the pieces raised.
    """
    failures: list[Exception] = []

    def feed() -> None:
        with contextlib.suppress(BrokenPipeError), pipe, io.BufferedWriter(pipe, 65_536) as wide:
            try:
                for piece in pieces:
                    wide.write(piece)
            except Exception as failure:  # noqa: BLE001 - it is raised on the other side
                failures.append(failure)

    feeder = threading.Thread(target=feed, name="sandbox-feeder", daemon=True)
    feeder.start()
    try:
        yield
    finally:
        feeder.join()
    if failures and not isinstance(failures[0], BrokenPipeError):
        raise failures[0]
