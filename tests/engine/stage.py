"""Tasks that misbehave on purpose, for workers to perform."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from backline import AbortRun, Context, Retry, StoredFile, task

QUICKLY = Retry(max_attempts=3, min_delay_ms=10, max_delay_ms=20)


class Diary(msgspec.Struct, frozen=True):
    """Where the task writes down what it does, so that a test can count."""

    path: str
    nap_seconds: float = 0.0

    def note(self, word: str) -> int:
        with Path(self.path).open("a") as file:
            file.write(f"{word} {os.getpid()}\n")
        return Path(self.path).read_text().count(word)


@task("two-steps")
def two_steps(diary: Diary, ctx: Context) -> dict[str, Any]:
    """Do a first step at once, then a second one that takes long when it is first tried."""
    first = ctx.step("first", diary.note, "first")
    ctx.metadata.set("progress", 0.5)

    def second() -> str:
        if diary.note("second") == 1:
            time.sleep(diary.nap_seconds)
        return "slept"

    return {"first": first, "second": ctx.step("second", second)}


@task("third-time-lucky", retry=QUICKLY)
def third_time_lucky(diary: Diary, ctx: Context) -> int:
    """Fail twice after a finished step."""
    ctx.step("prepare", diary.note, "prepare")
    tries = diary.note("try")
    if tries < 3:
        raise RuntimeError(f"try {tries} is not lucky")
    return ctx.run.attempt_number


@task("gives-up", retry=QUICKLY)
def gives_up(diary: Diary, ctx: Context) -> None:
    """Raise what is not worth another try."""
    diary.note("try")
    raise AbortRun("no song can be made from this")


@task("dies")
def dies(how: str, ctx: Context) -> None:
    """End the process in the middle."""
    if how == "SIGKILL":
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == "exit":
        os._exit(3)
    elif how == "sys.exit":
        sys.exit("politely")


@task("leaves-a-daemon")
def leaves_a_daemon(payload: Any, ctx: Context) -> int:
    """Start a process and forget it."""
    return subprocess.Popen(["sleep", "600"]).pid


@task("looks-around")
def looks_around(payload: Any, ctx: Context) -> dict[str, Any]:
    """Tell what a task's process can see of the worker."""
    descriptors = [path for path in Path("/proc/self/fd").iterdir() if path.exists()]
    links = [str(path.readlink()) for path in descriptors]
    return {
        "environment": dict(os.environ),
        "initial": Path("/proc/self/environ").read_bytes().decode().split("\0"),
        "files": sorted(links),
    }


@task("writes-a-file")
def writes_a_file(text: str, ctx: Context) -> StoredFile:
    """Save a small file."""
    path = ctx.workdir / "made.txt"
    path.write_text(text)
    return ctx.files.save(path, file_name="made.txt", mime_type="text/plain")


@task("reads-a-file")
def reads_a_file(file_id: str, ctx: Context) -> str:
    """Read a stored file."""
    return ctx.files.open(file_id).read_text()


@task("smuggles")
def smuggles(path: str, ctx: Context) -> StoredFile:
    """Try to store a file of the worker's disk."""
    return ctx.files.save(Path(path), file_name="loot.txt", mime_type="text/plain")


@task("counts")
def counts(payload: Any, ctx: Context) -> None:
    """Use every operation on metadata."""
    ctx.metadata.set("word", "one")
    ctx.metadata.append("list", 1)
    ctx.metadata.append("list", 2)
    ctx.metadata.increment("sum", 2)
    ctx.metadata.increment("sum", 0.5)
    ctx.metadata.set("gone", True)
    ctx.metadata.delete("gone")
    ctx.log("all counted")


@task("talks")
def talks(payload: Any, ctx: Context) -> None:
    """Speak in every way a task can."""
    print("printed", 1)
    print("half a line", end="", flush=True)
    print("an error", file=sys.stderr)
    ctx.output("stdout", "from a program\0\n")
    ctx.log("noted")


@task("floods")
def floods(payload: Any, ctx: Context) -> None:
    """Say far too much."""
    for _ in range(200):
        print("x" * 100_000)


@task("asks")
def asks(service: str, ctx: Context) -> Any:
    """Ask a service of the worker."""
    return ctx.service(service, {"question": 1})


@task("async-hello")
async def async_hello(name: str, ctx: Context) -> str:
    """Be a coroutine."""
    return f"hello {name}"
