from __future__ import annotations

import subprocess
import sys

from backline.engine.memory import used_bytes

HOARD = "import sys; hoard = b'x' * 64 * 1024**2; print('full', flush=True); sys.stdin.read()"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOARD!r}])"


def test_what_a_process_started_counts_too() -> None:
    """The 64 MiB of a child are seen from its parent."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None and parent.stdout.readline()
    used = used_bytes(parent.pid)
    parent.communicate(b"")
    assert used > 64 * 1024**2


def test_a_process_that_is_gone_uses_nothing() -> None:
    """Runs end while their memory is looked at; that is no error."""
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert used_bytes(gone.pid) == 0
