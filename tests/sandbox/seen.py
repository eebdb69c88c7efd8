"""What the host sees of rooms while they last, and must not see afterwards."""

from __future__ import annotations

from pathlib import Path


def processes_with(word: str) -> list[int]:
    """Return the processes of the host on whose command line a word stands."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                arguments = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if word.encode() in arguments:
                found.append(int(folder.name))
    return found
