"""Tries the walls on this machine, and says what is missing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from backline.errors import SetupError
from backline.sandbox.bubblewrap import Identity, Order, started
from backline.sandbox.command import Stream
from backline.sandbox.features import missing
from backline.sandbox.home import FIRST_USER_ID, Homes
from backline.sandbox.limits import Limits
from backline.sandbox.program import find_program
from backline.sandbox.supervision import Supervision

_PROBE_ID = "probe"
_SCRIPT = r"""
set -e
[ "$(id -u)" = 1000 ] || echo "identity"
grep -q '^CapEff:.0*$' /proc/self/status || echo "capabilities"
grep -q '^CapBnd:.0*$' /proc/self/status || echo "capabilities"
grep -q '^NoNewPrivs:.1$' /proc/self/status || echo "no new privileges"
grep -q '^Seccomp:.2$' /proc/self/status || echo "system call filter"
[ "$(ls /sys/class/net 2>/dev/null | grep -vx lo | wc -l)" = 0 ] || echo "network"
[ "$(tail -n +3 /proc/net/dev | grep -vc ' lo:')" = 0 ] || echo "network"
[ ! -e /root ] || echo "files"
[ "$(find /proc/sys -type f -writable 2>/dev/null | head -1)" = "" ] || echo "kernel settings"
! touch /usr/probe /etc/probe /probe 2>/dev/null || echo "read-only files"
[ "$(ls -d /proc/[0-9]* | wc -l)" -lt 12 ] || echo "processes"
! unshare -U true 2>/dev/null || echo "nested namespaces"
touch ~/probe && rm ~/probe || echo "home"
echo tried
"""


def probe() -> str:
    """Put a room up and look around in it. Returns what holds, in a line.

    Raises ``SetupError`` naming what is missing, or which wall has a hole.
    """
    if pieces := missing():
        said = "; ".join(f"{piece.name}: {piece.told}" for piece in pieces)
        raise SetupError(f"sandboxes can not be made here ({said})")
    with tempfile.TemporaryDirectory(prefix="backline-probe-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # its home belongs to a user who has to pass through
        homes = Homes(folder)
        with homes.open(_PROBE_ID) as home:
            said = _look_around(home.descriptor, home.identity)
            program = find_program(home.identity.user_id)
        homes.destroy(_PROBE_ID)
    *holes, last = said.splitlines() or [""]
    if last != "tried" or holes:
        raise SetupError(f"the walls of sandboxes have holes here: {', '.join(holes) or said}")
    return f"the walls hold, with {program.origin}, as {_whose()}"


def _whose() -> str:
    return f"users from {FIRST_USER_ID} on" if os.getuid() == 0 else "this worker's own user"


def _look_around(home: int, identity: Identity) -> str:
    said = bytearray()

    def listen(_stream: Stream, piece: bytes) -> None:
        said.extend(piece)

    limits = Limits(duration_seconds=20)
    order = Order(
        command=("/bin/bash", "-c", "--", _SCRIPT), home=home, identity=identity, limits=limits
    )
    with started(order) as room:
        room.stdin.close()
        Supervision(room, limits, listen).follow()
    return said.decode(errors="replace")
