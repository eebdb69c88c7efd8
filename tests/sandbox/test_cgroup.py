"""Rooms in control groups, on the real ones of this machine as far as it has any."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backline.errors import SetupError
from backline.sandbox import EmbeddedProvider, Finished, Homes, read_command
from backline.sandbox.cgroup import confined, require, try_out
from backline.sandbox.limits import Limits
from tests.sandbox.stage import NOBODY, SMALL, Stage


def mounted() -> Path | None:
    """Return where control groups of version 2 are mounted, and can be written."""
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2" and os.access(place, os.W_OK):
            return Path(place)
    return None


@pytest.fixture
def parent() -> Iterator[Path]:
    """A group of our own to make others in."""
    place = mounted()
    if place is None:
        pytest.skip("this machine has no control groups of version 2 that we may write")
    folder = place / f"backline-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    folder.rmdir()


def provider_in(stage: Stage, group: Path) -> EmbeddedProvider:
    return EmbeddedProvider(Homes(stage.folder / "here"), cgroup=group)


def test_everything_in_a_room_is_in_its_group(
    home_stage: Stage, parent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its first process on; and at the end the group is gone."""
    seen: list[int] = []

    def look(_stream: str, _piece: bytes) -> None:
        (group,) = [path for path in parent.iterdir() if path.is_dir()]
        seen.append(len((group / "cgroup.procs").read_text().split()))

    def bare(folder: Path, room: object, limits: Limits) -> object:
        return confined(folder, room, limits, controllers=())  # type: ignore[arg-type]

    monkeypatch.setattr("backline.sandbox.embedded.confined", bare)
    with provider_in(home_stage, parent).open("sbx_a", None, home_stage.blobs) as sandbox:
        finished = sandbox.run(
            read_command("sleep 30 & sleep 30 & echo on; sleep 0.3", is_shell=True), look
        )

    assert finished.exit_code == 0
    assert seen[0] >= 4  # the first process, the shell, and two that sleep
    assert [path for path in parent.iterdir() if path.is_dir()] == []


@pytest.fixture
def exact(parent: Path) -> Path:
    """A group in which the kernel can hold memory and processes."""
    if not {"memory", "pids"} <= set((parent / "cgroup.controllers").read_text().split()):
        pytest.skip("this machine's control groups of version 2 hold no memory")
    return parent


def play_in(stage: Stage, group: Path, script: str) -> tuple[Finished, str]:
    said = bytearray()
    command = read_command(script, is_shell=True, limits=SMALL)
    with provider_in(stage, group).open("sbx_a", None, stage.blobs) as sandbox:
        finished = sandbox.run(command, lambda _, piece: said.extend(piece))
    return finished, said.decode()


def test_memory_is_held_by_the_kernel(
    home_stage: Stage, exact: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many small processes together meet the limit of all, with nobody watching."""
    monkeypatch.setattr("backline.sandbox.embedded._excess_of_memory", lambda *_: None)
    finished, said = play_in(
        home_stage,
        exact,
        "for n in 1 2 3; do python3 -c 'x = b\"x\" * (100 << 20); input()' < /dev/zero & done;"
        " wait; echo survived",
    )

    assert (finished.limit, finished.exit_code, said) == ("memory", 137, "")
    assert play_in(home_stage, exact, "echo fine")[1] == "fine\n"


def test_processes_are_held_by_the_kernel(home_stage: Stage, exact: Path) -> None:
    """The command has as many as its limit says, and its neighbour as many again."""
    forks = (
        "python3 -c 'import os, time\n"
        "n = 0\n"
        "try:\n"
        "    while n < 1000:\n"
        "        if os.fork() == 0: time.sleep(30); os._exit(0)\n"
        "        n += 1\n"
        "except OSError as refused: print(n, refused)'"
    )
    counts = [int(play_in(home_stage, exact, forks)[1].split()[0]) for _ in range(2)]

    assert all(SMALL.processes - 4 <= count <= SMALL.processes for count in counts)


def test_a_group_is_tried_with_a_process(parent: Path) -> None:
    """As `backline doctor` does; nothing of it is left."""
    assert "held by the kernel" in try_out(parent, controllers=())
    assert [path for path in parent.iterdir() if path.is_dir()] == []


def test_a_group_with_processes_of_its_own_is_refused(exact: Path) -> None:
    """The kernel lets only groups without any pass controllers on; the message says what to do."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as idle:
        (exact / "cgroup.procs").write_text(str(idle.pid))
        with pytest.raises(SetupError, match="DelegateSubgroup"):
            require(exact)


def test_a_worker_outside_of_its_group_is_told_so(exact: Path) -> None:
    """An ordinary user moves processes only within what was delegated."""
    if os.getuid() != 0:
        pytest.skip("only root can show both sides")
    for path in (exact, *exact.iterdir()):
        os.chown(path, NOBODY, NOBODY)
    script = (
        "import os, sys; from pathlib import Path\n"
        "from backline.errors import SetupError\n"
        "from backline.sandbox.cgroup import try_out\n"
        f"os.setgroups([]); os.setresgid(*[{NOBODY}] * 3); os.setresuid(*[{NOBODY}] * 3)\n"
        "try: print(try_out(Path(sys.argv[1])))\n"
        "except SetupError as refused: print(refused)\n"
    )
    words = [sys.executable, "-c", script, str(exact)]
    outside = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    worker = exact / "worker"
    worker.mkdir()

    def step_in() -> None:
        (worker / "cgroup.procs").write_text("0")

    inside = subprocess.run(
        words, capture_output=True, text=True, check=True, preexec_fn=step_in
    ).stdout
    worker.rmdir()

    assert "start the worker in a group below" in outside
    assert "memory, pids held by the kernel" in inside


def test_a_group_that_can_not_be_used_refuses_commands(home_stage: Stage, tmp_path: Path) -> None:
    """Nothing runs with weaker limits than were asked for."""
    with (
        provider_in(home_stage, tmp_path).open("sbx_a", None, home_stage.blobs) as sandbox,
        pytest.raises(SetupError, match="no control group of version 2"),
    ):
        sandbox.run(read_command("touch ran", is_shell=True), lambda *_: None)

    assert not list(home_stage.folder.rglob("ran"))


def test_missing_controllers_are_named(parent: Path) -> None:
    """So that an operator knows what to delegate."""
    with pytest.raises(SetupError, match="does not have song and dance: delegate them"):
        require(parent, ("song", "dance"))


def test_no_group_at_all_is_said(tmp_path: Path) -> None:
    """A plain folder is none."""
    shutil.rmtree(tmp_path)

    with pytest.raises(SetupError, match="no control group"):
        require(tmp_path)
