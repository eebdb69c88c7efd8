"""Processes are forked, heard and buried."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backline.errors import SetupError
from backline.runtime import Channel, ChannelClosed, Child, Zygote
from backline.runtime import messages as say
from backline.runtime.nursery import FORK, MOST_NEWS_BYTES
from backline.runtime.processes import children_of
from backline.runtime.zygote import _MAIN
from backline.sdk import RunFacts
from tests.processes import ROOT, eventually, is_alive

TASKS = """
import os, subprocess
from backline import task

servant = subprocess.Popen(["sleep", "1000"])

@task("echo")
def echo(payload, ctx):
    return payload

@task("junk")
def junk(payload, ctx):
    os.write(1, b"\\xff" * 60_000)
    os.write(2, b"\\xfe" * 60_000)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def zygote(tmp_path: Path) -> Iterator[Zygote]:
    """A warm parent whose task module has a servant of its own."""
    (tmp_path / "zygote_tasks.py").write_text(TASKS)
    path = f"{ROOT}:{tmp_path}"
    started = Zygote(["zygote_tasks"], {"PATH": os.environ["PATH"], "PYTHONPATH": path})
    yield started
    started.close()


def begin(zygote: Zygote, task: str, payload: object, workdir: Path) -> tuple[Child, Channel]:
    child = zygote.fork()
    channel = Channel(child.link, say.FromChild)
    facts = RunFacts(id="run_1", task_identifier=task, account_id="a")
    channel.send(say.Start(facts, payload, str(workdir)))
    return child, channel


def is_servant(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep")


def ready_in(zygote: Zygote) -> list[int]:
    return [pid for pid in children_of(zygote.pid) if not is_servant(pid)]


def outcome(channel: Channel) -> object:
    while not isinstance(message := channel.receive(), (say.Returned, say.Raised)):
        pass
    return message


def test_a_run_is_performed_and_its_process_buried(zygote: Zygote, tmp_path: Path) -> None:
    """The outcome comes over the channel, and the end with its code."""
    child, channel = begin(zygote, "echo", {"a": 1}, tmp_path)
    assert outcome(channel) == say.Returned({"a": 1})
    assert child.wait(30) and child.ending == "exited with code 0"


def test_what_a_task_module_started_is_left_alone(zygote: Zygote, tmp_path: Path) -> None:
    """Runs come and go; the module's own servant stays until the zygote itself ends."""
    (servant,) = (pid for pid in children_of(zygote.pid) if is_servant(pid))
    for _ in range(3):
        child, channel = begin(zygote, "echo", 1, tmp_path)
        outcome(channel)
        assert child.wait(30)
    assert is_alive(servant)
    zygote.close()
    eventually(lambda: not is_alive(servant))


def test_a_process_stands_ready_for_the_next_run(zygote: Zygote, tmp_path: Path) -> None:
    """It was forked before anybody asked, serves one run, and another one follows it."""
    (first,) = eventually(lambda: ready_in(zygote))
    child, channel = begin(zygote, "echo", 1, tmp_path)
    assert child.pid == first
    (second,) = eventually(lambda: [pid for pid in ready_in(zygote) if pid != first])
    assert outcome(channel) == say.Returned(1) and child.wait(30)
    assert is_alive(second)


def test_a_process_that_dies_while_it_waits_harms_no_run(zygote: Zygote, tmp_path: Path) -> None:
    """The next run gets another one."""
    (ready,) = eventually(lambda: ready_in(zygote))
    os.kill(ready, signal.SIGKILL)
    eventually(lambda: ready not in children_of(zygote.pid))
    child, channel = begin(zygote, "echo", 1, tmp_path)
    assert outcome(channel) == say.Returned(1) and child.pid != ready


def test_a_supervisor_that_dies_before_it_has_read_everything_leaves_nothing(
    tmp_path: Path,
) -> None:
    """News of a birth lies unread when its socket closes: the zygote clears and ends in order."""
    (tmp_path / "zygote_tasks.py").write_text(TASKS)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, str(theirs.fileno()), "zygote_tasks"],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}:{tmp_path}"},
            pass_fds=[theirs.fileno()],
        )
    while b"Ready" not in ours.recv(MOST_NEWS_BYTES):
        pass
    ours.send(FORK)
    assert select.select([ours], [], [], 30)[0]
    children = children_of(process.pid)
    ours.close()
    assert process.wait(30) == 0
    assert len(children) == 2 and not any(is_alive(pid) for pid in children)


def test_last_words_of_any_kind_do_not_choke_the_zygote(zygote: Zygote, tmp_path: Path) -> None:
    """Pipes full of junk at the moment of death; the next run is as well as ever."""
    child, channel = begin(zygote, "junk", None, tmp_path)
    with pytest.raises(ChannelClosed):
        outcome(channel)
    assert child.wait(30) and child.ending == "was killed by SIGKILL"
    again, next_channel = begin(zygote, "echo", 2, tmp_path)
    assert outcome(next_channel) == say.Returned(2) and again.wait(30)


def test_a_module_that_can_not_be_imported_is_named() -> None:
    """The worker does not start without its tasks."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    with pytest.raises(SetupError, match="no_such_tasks"):
        Zygote(["no_such_tasks"], environment)
