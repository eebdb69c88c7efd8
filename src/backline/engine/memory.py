"""How much memory a run's process and whatever it started use, looked at from outside."""

from __future__ import annotations

from backline.runtime.processes import PROC, children_of


def used_bytes(pid: int) -> int:
    """Return the memory of a process and its descendants; 0 when it is gone.

    Pages that are shared, such as what every fork has of its warm parent, count
    in parts (proportional set size).
    """
    return sum(_proportional_bytes(member) for member in (pid, *_descendants(pid)))


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for child in children_of(pid):
        found += [child, *_descendants(child)]
    return found


def _proportional_bytes(pid: int) -> int:
    try:
        rollup = (PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
