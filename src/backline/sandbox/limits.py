"""How much a command in a sandbox may use before it is ended."""

from __future__ import annotations

from typing import Final

import msgspec

MIB: Final = 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one command. Sizes are bytes, times are seconds.

    What the kernel holds exactly: processes, one process's data, one file, open
    files, ``/tmp`` and ``/dev/shm``. What a watchdog holds a little late: memory
    of all processes together, and the size of the home.
    """

    duration_seconds: float = 300.0
    cpu_seconds: int = 1800
    """Of each process."""
    processes: int = 128
    """Threads count as well."""
    memory_bytes: int = 1024 * MIB
    """Of all processes together, shared memory counted once."""
    process_data_bytes: int = 1024 * MIB
    """Of one process: heap and private mappings."""
    home_bytes: int = 2048 * MIB
    home_entries: int = 200_000
    file_bytes: int = 512 * MIB
    open_files: int = 512
    temporary_bytes: int = 64 * MIB
    """Of ``/tmp``."""
    shared_memory_bytes: int = 16 * MIB
    """Of ``/dev/shm``."""
    output_bytes: int = 16 * MIB
    """Of each of stdout and stderr; a command that writes more is ended."""


def kernel_limits(limits: Limits) -> tuple[str, ...]:
    """Render what the kernel enforces as a command line that another one follows.

    It has to run inside: counted there, the number of processes is the
    sandbox's own, and not that of everything that runs under its user. The
    limits are hard ones, which nothing inside can raise.
    """
    exact = {
        "nproc": limits.processes,
        "data": limits.process_data_bytes,
        "fsize": limits.file_bytes,
        "nofile": limits.open_files,
        # Node reserves tens of gigabytes of addresses that it never touches.
        "as": 64 * 1024 * MIB,
        "stack": 8 * MIB,
        "core": 0,
        "memlock": 65_536,
        "msgqueue": 0,
        "sigpending": 512,
    }
    return (
        "/usr/bin/prlimit",
        *(f"--{name}={value}:{value}" for name, value in exact.items()),
        # Whoever ignores the signal at the soft limit is killed one second later.
        f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 1}",
        "--",
    )
