"""Keeps a run's memory small: all threads of the process share one heap."""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""Number of this option in glibc's malloc.h."""


def share_one_heap() -> None:
    """Let threads that are yet to start take memory where the others gave it back.

    glibc gives each thread a heap of its own, and what a thread frees there
    waits for nobody: a video took 45 MB more. Does nothing where the C library
    has no such option.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)
