from __future__ import annotations

import os
import subprocess
import sys

from backline.engine.memory import used_bytes

HOARD = "import sys; hoard = bytearray(b'x' * 64 * 1024**2); print('full', flush=True); sys.stdin.read()"


def test_what_a_process_started_counts_too() -> None:
    """A child's 64 MiB are seen from its parent, and are gone with it."""
    before = used_bytes(os.getpid())
    child = subprocess.Popen(
        [sys.executable, "-c", HOARD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None and child.stdout.readline()
    with_child = used_bytes(os.getpid())
    child.communicate(b"")
    assert with_child - before > 60 * 1024**2
    assert used_bytes(os.getpid()) < with_child - 60 * 1024**2


def test_a_process_that_is_gone_uses_nothing() -> None:
    """Runs end while their memory is looked at; that is no error."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert used_bytes(gone.pid) == 0
