"""How much memory a run's process and whatever it started use, looked at from outside."""

from __future__ import annotations

from pathlib import Path

PROC = Path("/proc")


def used_bytes(pid: int) -> int:
    """Return the memory of a process and its descendants; 0 when it is gone.

    Pages that are shared, such as what every fork has of its warm parent, count
    in parts (proportional set size).
    """
    return sum(_proportional_bytes(member) for member in (pid, *_descendants(pid)))


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for child in _children(pid):
        found += [child, *_descendants(child)]
    return found


def _children(pid: int) -> list[int]:
    """Return the children of all threads of a process; none when it is gone meanwhile."""
    try:
        threads = list((PROC / str(pid) / "task").iterdir())
        return [
            int(word) for thread in threads for word in (thread / "children").read_text().split()
        ]
    except OSError:
        return []


def _proportional_bytes(pid: int) -> int:
    try:
        rollup = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
