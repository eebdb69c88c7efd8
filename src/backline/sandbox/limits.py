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
    """Render what the kernel enforces as arguments of ``prlimit``; hard limits, never to be raised.

    Given inside the sandbox: counted there, the number of processes is the
    sandbox's own, not that of everything that runs under its user.
    """
    cpu_seconds = limits.cpu_seconds
    # A process that ignores the signal at the soft limit is killed one second later.
    return (
        f"--nproc={limits.processes}:{limits.processes}",
        f"--data={limits.process_data_bytes}:{limits.process_data_bytes}",
        f"--fsize={limits.file_bytes}:{limits.file_bytes}",
        f"--nofile={limits.open_files}:{limits.open_files}",
        f"--cpu={cpu_seconds}:{cpu_seconds + 1}",
        # Node reserves tens of gigabytes of addresses that it never touches.
        f"--as={64 * 1024 * MIB}:{64 * 1024 * MIB}",
        f"--stack={8 * MIB}:{8 * MIB}",
        "--core=0:0",
        "--memlock=65536:65536",
        "--msgqueue=0:0",
        "--sigpending=512:512",
    )
