"""Lets a person sit at a command: a terminal of its own, between their keys and what it shows.

The terminal is made for this one command, and the person's own is never handed
in. So what a command could type into its terminal (``TIOCSTI``) would reach
nobody but itself, and the filter refuses that as well.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import struct
import termios
import time
from collections.abc import Callable
from typing import Final

from backline.clock import stopwatch
from backline.sandbox.bubblewrap import Started
from backline.sandbox.command import Finished, LimitName
from backline.sandbox.limits import Limits
from backline.sandbox.supervision import Watch

_PIECE_BYTES: Final = 65_536
_SHORTEST_LOOK_SECONDS: Final = 0.5


class Terminal:
    """A terminal for one command: a person's keys go in, what it shows comes out.

    ``keys`` is a descriptor that is read from; its end, or a person who hangs
    up, ends the command. ``show`` takes what is to be shown.
    """

    def __init__(self, keys: int, show: Callable[[bytes], None]) -> None:
        self._keys = keys
        self._show = show
        self._ours, self.inside = os.openpty()
        """The command's end is a descriptor that the room is given."""
        self._is_hung_up = False
        self._written_bytes = 0

    def resize(self, columns: int, rows: int) -> None:
        """Say how large the person's window is; the command is told of a change."""
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, size)

    def hang_up(self) -> None:
        """End the command from outside, as when the person's connection is gone."""
        self._is_hung_up = True

    def attend(self, room: Started, limits: Limits, watches: tuple[Watch, ...]) -> Finished:
        """Pass keys and signs on until the command has ended; at a limit, end it."""
        elapsed_ms = stopwatch()
        deadline = time.monotonic() + limits.duration_seconds
        excess: LimitName | None = None
        ended = os.pidfd_open(room.process.pid)
        while room.process.poll() is None and excess is None and not self._is_hung_up:
            patience = min(_SHORTEST_LOOK_SECONDS, max(0.0, deadline - time.monotonic()))
            self._pass_on(ended, patience)
            excess = "duration" if time.monotonic() >= deadline else _first_excess(watches)
        os.close(ended)
        room.kill()
        exit_code = room.process.wait()
        room.wait_until_empty()
        self._show_rest()
        return Finished(
            exit_code=exit_code if exit_code >= 0 else 128 - exit_code,
            limit=excess,
            duration_ms=elapsed_ms(),
            stdout_bytes=self._written_bytes,
            stderr_bytes=0,
        )

    def close(self) -> None:
        """Give the terminal back to the system."""
        for end in (self._ours, self.inside):
            with contextlib.suppress(OSError):
                os.close(end)

    def _pass_on(self, ended: int, patience_seconds: float) -> None:
        ready, _, _ = select.select([self._ours, self._keys, ended], [], [], patience_seconds)
        if self._ours in ready:
            self._show_piece()
        if self._keys in ready:
            keys = os.read(self._keys, 4096)
            if keys:
                os.write(self._ours, keys)
            else:
                self.hang_up()

    def _show_piece(self) -> bool:
        """Show what has come. Returns whether there was anything."""
        try:
            piece = os.read(self._ours, _PIECE_BYTES)
        except OSError:  # nobody holds the other end any more
            return False
        self._written_bytes += len(piece)
        self._show(piece)
        return bool(piece)

    def _show_rest(self) -> None:
        while select.select([self._ours], [], [], 0)[0] and self._show_piece():
            pass


def _first_excess(watches: tuple[Watch, ...]) -> LimitName | None:
    return next((excess for watch in watches if (excess := watch.check()) is not None), None)
