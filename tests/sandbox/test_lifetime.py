"""When a command ends: by itself, at its time, with its worker; nothing is ever left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from tests.sandbox.seen import processes_with
from tests.sandbox.stage import ROOT, SMALL, RemoteStage, Stage

AnyStage = Stage | RemoteStage
BRIEF = msgspec.structs.replace(SMALL, duration_seconds=0.7)


def wait_until_gone(word: str) -> bool:
    """Tell whether such processes vanish; not a claim about speed, only an end to waiting."""
    for _ in range(200):
        if not processes_with(word):
            return True
        time.sleep(0.05)
    return False


def bury_adopted_orphans() -> None:
    """Bury what the killed worker left: this process has run sandboxes, so orphans fall to it."""
    while is_a_child_unburied():
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG)


def is_a_child_unburied() -> bool:
    """Tell whether a process of ours, or one that fell to us, is dead and still listed."""
    try:
        return os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


@pytest.mark.parametrize(
    "stubborn",
    [
        "sleep 1000.1",
        "trap '' TERM INT HUP; while :; do sleep 1000.1; done",
        "setsid sleep 1000.1 & setsid sleep 1000.1",
        "(sleep 1000.1 &) ; kill -STOP $$",
        "sleep 1000.1 & exec sleep 1000.1 > /dev/null",
        "python3 -c 'import os, time\nwhile True:\n    try: os.fork() or time.sleep(1000.1)\n    except OSError: time.sleep(1000.1)'",
    ],
)
def test_a_command_ends_at_its_time(stage: AnyStage, stubborn: str) -> None:
    """No trap, session or stopped process outlives the limit."""
    played = stage.run(stubborn, limits=BRIEF)

    assert played.limit == "duration"
    assert not processes_with("1000.1")


def test_what_was_written_before_the_end_is_kept(stage: AnyStage) -> None:
    """Output up to the limit is not lost."""
    played = stage.run("echo before; sleep 100", limits=BRIEF)

    assert played.stdout == "before\n"


@pytest.mark.parametrize(
    "daemon",
    [
        "sleep 1000.2 &",
        "setsid sleep 1000.2 > /dev/null 2>&1 < /dev/null &",
        "(setsid sh -c 'sleep 1000.2 & sleep 1000.2' &)",
        "nohup sleep 1000.2 &",
    ],
)
def test_daemons_die_with_their_command(stage: AnyStage, daemon: str) -> None:
    """When the main command has ended, so has everything else, before anyone looks at the home."""
    played = stage.run(f"{daemon}\necho started")

    assert "started" in played.stdout
    assert played.exit_code == 0
    assert not processes_with("1000.2")


@pytest.mark.parametrize("shot", ["kill -9 -1", "kill -9 1", "kill -9 $$", "kill -TERM 1"])
def test_signals_from_inside_reach_nobody_outside(stage: AnyStage, shot: str) -> None:
    """A sandbox can end itself, and the next command runs."""
    stage.run(f"{shot}; sleep 0.1")

    assert stage.run("echo fine").stdout == "fine\n"


def test_exit_codes_are_handed_on(stage: AnyStage) -> None:
    """A command's own code, 128 and the signal's number, 127 for a program that is not there."""
    codes = [
        stage.run("exit 7").exit_code,
        stage.run("kill -SEGV $$").exit_code,
        stage.run("no-such-program", arguments=[]).exit_code,
    ]

    assert codes == [7, 128 + 11, 127]


def test_a_command_in_a_short_lived_thread_is_not_cut_off(home_stage: Stage) -> None:
    """The kernel ends a room with the thread that made it; a run stays in one thread to its end."""
    results: list[str] = []

    def play() -> None:
        results.append(home_stage.run("sleep 0.3; echo whole").stdout)

    thread = threading.Thread(target=play)
    thread.start()
    thread.join()

    assert results == ["whole\n"]


def test_a_killed_worker_leaves_nothing_running(passable_folder: Path) -> None:
    """However suddenly the worker dies, its sandboxes die with it."""
    folder = passable_folder / "killed"
    folder.mkdir()
    folder.chmod(0o711)
    worker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from tests.sandbox.stage import Stage\n"
            "Stage(Path(sys.argv[1])).run('sleep 1000.377 & sleep 1000.377')",
            str(folder),
        ],
        cwd=ROOT,
    )
    try:
        for _ in range(400):
            if processes_with("sleep\0" + "1000.377"):
                break
            time.sleep(0.05)
        assert processes_with("sleep\0" + "1000.377")
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()

    assert wait_until_gone("1000.377")
    bury_adopted_orphans()


def test_many_commands_leave_nothing_open(home_stage: Stage) -> None:
    """After a batch of commands there are as many descriptors, children and folders as before."""
    home_stage.run("true")
    bury_adopted_orphans()  # those of other tests, whose workers were killed
    held = len(list(Path("/proc/self/fd").iterdir()))
    homes = sorted(path.name for path in home_stage.folder.rglob("*"))

    for _ in range(20):
        home_stage.run("sleep 100 & true")

    assert len(list(Path("/proc/self/fd").iterdir())) == held
    assert sorted(path.name for path in home_stage.folder.rglob("*")) == homes
    assert not is_a_child_unburied()
