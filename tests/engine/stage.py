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

from backline import (
    AbortRun,
    Context,
    Hooks,
    Retry,
    StoredFile,
    TriggerOptions,
    task,
)
from backline.db import connect
from backline.runs import ledger

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
    print("a last half line", end="")


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


@task("naps")
def naps(payload: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Wait frozen in the middle, and count how often each part is done."""
    diary = Diary(payload["path"])
    before = ctx.step("before", diary.note, "before")
    started = diary.note("started")
    ctx.wait.seconds(payload["seconds"])
    return {"before": before, "started": started, "process": os.getpid()}


@task("family")
def family(depth: int, ctx: Context) -> dict[str, Any]:
    """Wait for a child that waits for a grandchild."""
    if depth == 0:
        return {"depth": 0, "from": ctx.run.id}
    child = ctx.trigger_and_wait("family", depth - 1)
    return {"depth": depth, "ok": child.ok, "child": child.output}


@task("parent-of-a-failure")
def parent_of_a_failure(payload: Any, ctx: Context) -> dict[str, Any]:
    """Wait for a child that fails, and for a batch."""
    failed = ctx.trigger_and_wait("always-fails")
    batch = ctx.batch_trigger_and_wait("hello-world", [1, 2, 3])
    alone = ctx.trigger("hello-world", "alone", TriggerOptions(tags=["left-alone"]))
    return {
        "ok": failed.ok,
        "error": failed.error,
        "batch": [result.output for result in batch],
        "alone": alone,
    }


@task("waits-for-a-token")
def waits_for_a_token(timeout_seconds: float | None, ctx: Context) -> dict[str, Any]:
    """Make a token, tell of it, and wait for it."""
    token_id = ctx.new_token(timeout_seconds)
    ctx.metadata.set("token", token_id)
    result = ctx.wait.token(token_id)
    return {"ok": result.ok, "output": result.output}


@task("cleans-up")
def cleans_up(diary: Diary, ctx: Context) -> None:
    """Be interrupted in the middle, and clean up."""
    diary.note("began")
    try:
        time.sleep(600)
    finally:
        diary.note("cleaned")


@task("does-not-listen")
def does_not_listen(diary: Diary, ctx: Context) -> None:
    """Refuse to be interrupted."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    diary.note("began")
    time.sleep(600)


@task("takes-too-long", max_duration_seconds=0.5)
def takes_too_long(payload: Any, ctx: Context) -> None:
    """Be active for longer than allowed."""
    time.sleep(600)


@task("one-at-a-time", queue="narrow", concurrency_limit=1)
def one_at_a_time(diary: Diary, ctx: Context) -> None:
    """Write down when it is inside and when it is outside."""
    diary.note("in")
    time.sleep(diary.nap_seconds)
    diary.note("out")


@task("chooses-its-time", retry=QUICKLY)
def chooses_its_time(diary: Diary, ctx: Context) -> int:
    """Ask for a later attempt."""
    if diary.note("try") == 1:
        raise Retry("not yet", after=0.05)
    return ctx.run.attempt_number


@task("tags-itself")
def tags_itself(tags: list[str], ctx: Context) -> None:
    """Add tags while running."""
    ctx.tags.add(*tags)


@task("weathers-the-storm", retry=Retry(max_attempts=5, min_delay_ms=20, max_delay_ms=200))
def weathers_the_storm(payload: dict[str, Any], ctx: Context) -> dict[str, Any]:
    """Do steps, fail now and then, wait for a child or the time, and note when each step was done."""

    def note(word: str) -> int:
        moment = time.time_ns() // 1_000_000
        with Path(payload["path"]).open("a") as file:
            file.write(f"{ctx.run.id} {word} {moment}\n")
        time.sleep(0.02)
        return moment

    ctx.step("one", note, "one")
    if payload["kind"] == "fails" and ctx.run.attempt_number < 3:
        raise RuntimeError("a gust")
    if payload["kind"] == "parent":
        child = ctx.trigger_and_wait("weathers-the-storm", payload | {"kind": "plain"})
        assert child.ok, child.error
    if payload["kind"] == "naps":
        ctx.wait.seconds(6)
    ctx.step("two", note, "two")
    return {"kind": payload["kind"]}


def _tell(word: str) -> Any:
    def hook(payload: dict[str, Any], *_: Any) -> None:
        with Path(payload["path"]).open("a") as file:
            file.write(f"{word}\n")
        raise RuntimeError("a hook may fail")

    return hook


@task(
    "hooked",
    hooks=Hooks(
        on_start=_tell("start"),
        on_success=_tell("success"),
        on_failure=_tell("failure"),
        on_cancel=_tell("cancel"),
    ),
)
def hooked(payload: dict[str, Any], ctx: Context) -> None:
    """Return, raise or sleep, as asked."""
    if payload["how"] == "raises":
        raise AbortRun("as asked")
    if payload["how"] == "sleeps":
        time.sleep(600)


@task("eats-memory", machine="micro")
def eats_memory(payload: Any, ctx: Context) -> None:
    """Use more memory than its machine has, slowly enough to be seen."""
    hoard = []
    for _ in range(100):
        hoard.append(bytearray(os.urandom(1024)) * 10_240)
        time.sleep(0.1)


class LastMoment(msgspec.Struct, frozen=True):
    """Whose cancel comes in the last moment, and how the attempt ends then."""

    database_url: str
    ends_by: str


@task("canceled-in-the-last-moment", retry=Retry(min_delay_ms=3_600_000, max_delay_ms=3_600_000))
def canceled_in_the_last_moment(payload: LastMoment, ctx: Context) -> None:
    """Write the cancel as a server would, and leave the worker before it can have heard of it."""
    database = connect(payload.database_url)
    with database.write() as connection:
        assert ledger.ask_to_cancel(connection, ctx.run.id)
    if payload.ends_by == "waiting":
        ctx.wait.seconds(3600)
    raise RuntimeError("tried again in an hour")
