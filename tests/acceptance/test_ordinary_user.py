"""The whole of backline as a user without any rights: sandboxes have all their walls there too."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, free_port
from tests.sandbox.stage import NOBODY


def is_passable(path: Path) -> bool:
    """Tell whether every user may enter each folder on the way to a file, and run it."""
    real = path.resolve()
    return all(place.stat().st_mode & 0o001 for place in (real, *real.parents))


def interpreter() -> str | None:
    """Return a Python of this version that everybody may start."""
    names = (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}")
    found = (Path(name) for name in names if Path(name).exists())
    return next((str(path) for path in found if is_passable(path)), None)


class Nobody:
    """A user of this machine: its home, and backline in it."""

    def __init__(self, python: str, home: Path) -> None:
        self._python = python
        self.home = home
        self._is_other = os.getuid() == 0
        if self._is_other:
            os.chown(home, NOBODY, NOBODY)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        paths = [path for path in sys.path if path.endswith("site-packages")]
        return subprocess.Popen(
            [self._python, "-B", "-m", "backline.cli", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), *paths]),
                "HOME": str(self.home),
                "TMPDIR": str(self.home),
                "BACKLINE_DATA_DIR": str(self.home / "data"),
            },
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            user=NOBODY if self._is_other else None,
            group=NOBODY if self._is_other else None,
            extra_groups=[] if self._is_other else None,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        ended = self.start(*arguments)
        said, _ = ended.communicate(timeout=120)
        return ended.returncode, said


@pytest.fixture
def nobody() -> Iterator[Nobody]:
    """An ordinary user beside a backline that he started himself."""
    python = interpreter()
    if python is None or not is_passable(ROOT / "src"):
        pytest.skip("no Python here that an ordinary user may start")
    home = Path(tempfile.mkdtemp(prefix="backline-nobody-"))
    home.chmod(0o700)
    person = Nobody(python, home)
    server = person.start("dev", "--port", str(free_port()), "--slots", "2")
    try:
        assert server.stdout is not None
        assert any(line.startswith("ready") for line in server.stdout)
        yield person
    finally:
        server.terminate()
        server.communicate()
        shutil.rmtree(home, ignore_errors=True)


def test_an_ordinary_user_has_sandboxes(nobody: Nobody) -> None:
    """Doctor finds every wall, commands have them, and what they leave is there for the next one."""
    (nobody.home / "diary").write_text("private")
    code, said = nobody.run("doctor", "--json")
    findings = {each["what"]: each for each in json.loads(said)}
    first = nobody.run(
        "sandbox",
        "run",
        f"echo la > song; chmod 0 song; cat {nobody.home}/diary {nobody.home}/data/secret; id -u;"
        " grep CapEff /proc/self/status; kill -9 -1",
    )
    second = nobody.run("sandbox", "run", "chmod 600 song; cat song; unshare -U true; exit 7")

    assert code == 0, said
    assert findings["sandbox"]["told"].endswith(
        "as this worker's own user; commands may reach no network"
    )
    assert "private" not in first[1]
    assert first[1].count("No such file") == 2
    assert "1000\nCapEff:\t0000000000000000\n" in first[1]
    assert second[0] == 7
    assert second[1].startswith("la\n")
    assert "not permitted" in second[1]
