"""The disk gets full: clear answers, nothing lost, and all goes on when there is room again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.processes import ROOT

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """A trigger is refused with 503, a run that ends waits with its output, reads go on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    played = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.acceptance.full_disk", str(disk)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert played.returncode == 0, played.stderr
    seen = json.loads(played.stdout.splitlines()[-1])
    status, body, headers = seen["refused"]
    assert status == 503 and "database" in body["error"], body
    assert int(headers["retry-after"]) > 0
    assert seen["listed"] == 200
    assert seen["meanwhile"] == "executing"
    early, late = seen["ends"]
    assert early[:2] == ["completed", 1] and early[2] > 1_000_000, "its output was kept meanwhile"
    assert late[0] == "completed"
