"""What threads and large things took is given back."""

from __future__ import annotations

import subprocess
import sys

import pytest

THREADS = r"""
import re, sys, threading
from pathlib import Path
import numpy as np
from backline.content.media.heap import keep_heap_small
if sys.argv[1] == "kept small":
    keep_heap_small()
def work():
    for _ in range(200):
        np.ones(4000)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
# A heap of a thread is reserved as 64 MB, most of it not yet accessible.
spans = re.findall(r"^(\w+)-(\w+) ---p", Path("/proc/self/maps").read_text(), re.M)
print(sum(60e6 < int(end, 16) - int(start, 16) < 68e6 for start, end in spans))
"""
TWO_SONGS = r"""
import re, sys
from pathlib import Path
import numpy as np
from backline.content.media.heap import keep_heap_small
if sys.argv[1] == "kept small":
    keep_heap_small()
song = np.ones(3_000_000)
del song
song = np.ones(2_000_000)
spans = re.findall(r"^(\w+)-(\w+) .*\[heap\]", Path("/proc/self/maps").read_text(), re.M)
print(sum(int(end, 16) - int(start, 16) for start, end in spans))
"""
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what lies where")


def told(program: str, way: str) -> int:
    """Return the number that a program of its own process prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, way], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@linux_only
def test_threads_share_one_heap() -> None:
    """Left alone, each thread that computes reserves a heap of its own."""
    assert told(THREADS, "kept small") == 0
    assert told(THREADS, "left alone") >= 1


@linux_only
def test_what_is_large_lies_outside_the_heap() -> None:
    """Left alone, a song of 16 MB lies on the heap once a larger one was freed, and leaves a hole there."""
    assert told(TWO_SONGS, "kept small") < 16_000_000 < told(TWO_SONGS, "left alone")
