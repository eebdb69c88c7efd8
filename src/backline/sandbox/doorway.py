"""Opens one door in the wall of a room: a listening socket inside, whose other end is outside.

A socket belongs to the network that it was made in, whoever holds it. So a
process of this worker steps into the room's network for a moment, makes the
socket there, hands it out and ends. Inside, it looks like a server on
127.0.0.1; nothing else of the host's network comes with it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import warnings
from typing import Final

from backline.errors import SetupError
from backline.sandbox.bubblewrap import Identity

PORT: Final = 3128
"""Where the door is inside; the number that web proxies are known by."""
_PROXY: Final = f"http://127.0.0.1:{PORT}"
PROXY_VARIABLES: Final = {
    # Both spellings: programs differ in which they read.
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), _PROXY),
    **dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1"),
}
"""What tells the programs inside of the door."""
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
_NS_GET_USERNS: Final = 0xB701
"""Asks which user namespace a namespace belongs to, see ``ioctl_ns(2)``."""
_WAITING: Final = 64
_libc: Final = ctypes.CDLL(None, use_errno=True)


def open_door(init_pid: int, identity: Identity) -> socket.socket:
    """Return a socket that listens on 127.0.0.1 of the room whose first process is ``init_pid``.

    Raises ``SetupError`` when the room's network can not be entered.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        network = os.open(f"/proc/{init_pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            visitor = _fork()
            if visitor == 0:
                _visit(network, identity, theirs)
        finally:
            os.close(network)
        theirs.close()
        said, descriptors, _, _ = socket.recv_fds(ours, 200, 1)
        os.waitpid(visitor, 0)
    if not descriptors:
        raise SetupError(f"no door can be made into the sandbox's network: {said.decode()}")
    return socket.socket(fileno=descriptors[0])


def _fork() -> int:
    with warnings.catch_warnings():
        # The copy does a few system calls and ends; it takes no lock that a thread could hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _visit(network: int, identity: Identity, answer: socket.socket) -> None:
    """Make the socket inside and send it; this process ends here."""
    try:
        _become(identity)
        _enter(fcntl.ioctl(network, _NS_GET_USERNS), _CLONE_NEWUSER)
        _enter(network, _CLONE_NEWNET)
        listener = socket.socket()
        listener.bind(("127.0.0.1", PORT))
        listener.listen(_WAITING)
        socket.send_fds(answer, [b"made"], [listener.fileno()])
    except OSError as trouble:
        answer.send(str(trouble).encode()[:200])
    finally:
        os._exit(0)


def _become(identity: Identity) -> None:
    """Become the room's user, who alone owns its network without being the machine's root."""
    if os.getuid() != identity.user_id:
        os.setgroups([])
        os.setresgid(*(identity.group_id,) * 3)
        os.setresuid(*(identity.user_id,) * 3)


def _enter(namespace: int, kind: int) -> None:
    if _libc.setns(namespace, kind) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
