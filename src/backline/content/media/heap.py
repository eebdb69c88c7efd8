"""Keeps a run's memory small: all threads of the process share one heap, and what is large lies outside it."""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Numbers of these options in glibc's malloc.h."""
_LARGE_BYTES = 4 * 1024**2
"""More than what is taken anew for every frame, less than a song, a canvas or a frame of x264's."""
_KEPT_BYTES = 16 * 1024**2
"""So much free memory at the heap's end is kept: what one frame gave back is taken for the next."""


def keep_heap_small() -> None:
    """Let all threads share one heap, now and later, and what is large have memory of its own.

    glibc gives each thread a heap of its own, and what a thread frees there
    waits for nobody: a video took 45 MB more. glibc also learns, from the first
    song that is freed, to keep things of its size on the heap: the holes that
    they left took 30 MB. Does nothing where the C library has no such options.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_M_ARENA_MAX, 1)
        set_option(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        set_option(_M_TRIM_THRESHOLD, _KEPT_BYTES)
