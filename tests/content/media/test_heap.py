"""Threads give back what they took."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import re, sys, threading
from pathlib import Path
import numpy as np
from backline.content.media.heap import share_one_heap
if sys.argv[1] == "shared":
    share_one_heap()
def work():
    for _ in range(200):
        np.ones(4000)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
# A heap of a thread is reserved as 64 MB, most of it not yet accessible.
spans = re.findall(r"^(\\w+)-(\\w+) ---p", Path("/proc/self/maps").read_text(), re.M)
print(sum(60e6 < int(end, 16) - int(start, 16) < 68e6 for start, end in spans))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heaps are counted in /proc")
def test_threads_share_one_heap() -> None:
    """Without it each thread that computes reserves a heap of its own."""
    counts = {}
    for way in ("apart", "shared"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, way], capture_output=True, text=True, check=True
        )
        counts[way] = int(done.stdout)
    assert counts["shared"] == 0
    assert counts["apart"] >= 1
