"""Control groups with all their controllers, in a kernel of our own: for machines that lack them.

User-mode Linux is a kernel that runs as a program (Debian: ``user-mode-linux``). It sees this
machine's files, and may change none.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandbox.stage import ROOT

pytestmark = pytest.mark.soak

INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/var/tmp PYTHONDONTWRITEBYTECODE=1
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=1777 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /var/tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo "+memory +pids" > /sys/fs/cgroup/cgroup.subtree_control
cd {root} && {python} -m pytest --color=no tests/sandbox/test_cgroup.py
{python} -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321FEDC)'
"""
"""The last line turns the machine off."""


def test_control_groups_hold_rooms_in_a_kernel_of_our_own(tmp_path: Path) -> None:
    """Nothing is skipped there: memory and processes are held by the kernel, for root and for others."""
    kernel = shutil.which("linux.uml")
    if kernel is None or os.getuid() != 0:
        pytest.skip("needs root and `linux.uml` on the path")
    init = tmp_path / "init"
    init.write_text(INIT.format(root=ROOT, python=sys.executable))
    init.chmod(0o755)
    files = ("rootfstype=hostfs", "rootflags=/", "ro", f"init={init}")
    quiet = ("con=null", "con0=null,fd:1", "quiet", f"uml_dir={tmp_path}")
    ended = subprocess.run(
        [kernel, "mem=2500M", *files, *quiet],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )

    counts = re.findall(r"(\d+) (passed|failed|skipped|error)", ended.stdout)
    assert [kind for _, kind in counts] == ["passed"], ended.stdout[-3000:]
