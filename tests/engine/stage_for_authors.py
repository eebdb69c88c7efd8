"""Tasks that try what a context offers to their authors, and how they end."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import subprocess
import threading
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backline import AsyncContext, Context, Hooks, Retry, TriggerOptions, task
from tests.engine.stage import QUICKLY, Diary


@task("tells-its-elders")
def tells_its_elders(place: int, ctx: Context) -> dict[str, Any]:
    """Count itself with parent and root, before and after a wait; be a grandparent at depth 0."""
    ctx.metadata.parent.increment("below")
    ctx.metadata.root.append("told", [ctx.run.depth, place])
    ctx.metadata.set("mine", place)
    if ctx.run.depth < 2:
        ctx.batch_trigger_and_wait("tells-its-elders", [1, 2, 3])
    print(f"after {ctx.run.depth}")
    ctx.metadata.root.increment("after")
    return {"depth": ctx.run.depth}


@task("says-who-it-is", machine="micro", max_duration_seconds=60, retry=QUICKLY)
def says_who_it_is(payload: Any, ctx: Context) -> dict[str, Any]:
    """Return what it knows of its run."""
    return {"run": ctx.run}


@task("starts-programs")
def starts_programs(payload: dict[str, str], ctx: Context) -> None:
    """Start programs in every way that could outlive the run, and end in the middle."""
    nap = ["sleep", "1000"]
    tame = subprocess.Popen(nap)
    wild = subprocess.Popen(nap, start_new_session=True)
    script = "sleep 1000 >/dev/null & echo $!"
    orphan = subprocess.run(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    pids = [tame.pid, wild.pid, int(orphan.stdout)]
    Path(payload["path"]).write_text(" ".join(map(str, pids)))
    if payload["how"] == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)


@task("watches")
def watches(diary: Diary, ctx: Context) -> str:
    """Look whether to stop, and end in peace."""
    while not ctx.cancelled:
        diary.note("looked")
        time.sleep(0.05)
    ctx.step("tidy", diary.note, "tidied")
    ctx.metadata.set("ended", "by itself")
    return "in peace"


@task("falls-silent", heartbeat_seconds=1, retry=QUICKLY)
def falls_silent(payload: Any, ctx: Context) -> int:
    """Hang at the first try; work for long, with signs of life, at the second."""
    if ctx.run.attempt_number == 1:
        time.sleep(600)
    for _ in range(8):
        time.sleep(0.3)
        ctx.heartbeat()
    return ctx.run.attempt_number


@task("outgrows", machine="micro", retry=Retry(out_of_memory_machine="small-2x", min_delay_ms=10))
def outgrows(payload: Any, ctx: Context) -> str:
    """Need more memory than its machine has, and less than the next one."""
    hoard = bytearray(os.urandom(1024)) * 1024 * 320
    time.sleep(2)
    assert hoard
    return ctx.run.machine


class Weather(Exception):
    """Comes and goes."""


class Storm(Weather):
    """A kind of weather."""


@task("minds-its-errors", retry=Retry(max_attempts=1, on={Weather: QUICKLY}))
def minds_its_errors(kind: str, ctx: Context) -> int:
    """Fail in one way or another until the third try."""
    if ctx.run.attempt_number < 3:
        raise Storm("thunder") if kind == "storm" else RuntimeError("rain")
    return ctx.run.attempt_number


def _write(word: str) -> Any:
    def hook(diary: Diary, *_: Any) -> None:
        diary.note(word)

    return hook


@task(
    "tells-the-order",
    retry=Retry(max_attempts=2, min_delay_ms=10),
    hooks=Hooks(
        on_start=_write("start"),
        on_success=_write("success"),
        on_failure=_write("failure"),
        on_cancel=_write("cancel"),
    ),
)
def tells_the_order(diary: Diary, ctx: Context) -> None:
    """Fail, wait frozen, and be stopped in the middle, writing down each turn."""
    diary.note("run")
    try:
        if diary.nap_seconds == 0 and ctx.run.attempt_number == 1:
            raise RuntimeError("at first")
        ctx.wait.seconds(diary.nap_seconds)
        if diary.nap_seconds == 1:
            time.sleep(600)
    finally:
        diary.note("finally")


@task("returns-much-when-told")
def returns_much_when_told(signs: str, ctx: Context) -> str:
    """Say that it began, wait for a sign, and return more than a full disk takes."""
    folder = Path(signs)
    (folder / "began").touch()
    while not (folder / "go").exists():
        time.sleep(0.05)
    return "y" * 1_500_000


@task("side-by-side")
async def side_by_side(path: str, ctx: AsyncContext) -> dict[str, Any]:
    """Do everything that a context offers, as much of it as possible at the same time."""
    diary = Diary(path)

    async def slowly(word: str) -> str:
        diary.note(f"{word}-begins")
        await asyncio.sleep(0.3)
        diary.note(f"{word}-ends")
        return word

    steps = await asyncio.gather(
        ctx.step("a", slowly, "a"),
        ctx.step("b", slowly, "b"),
        ctx.step("plain", lambda: (time.sleep(0.1), threading.current_thread().name)[1]),
    )
    ctx.metadata.set("steps", steps[:2])
    await ctx.tags.add("async")
    made = ctx.workdir / "made.txt"
    made.write_text("la la la")
    stored = await ctx.files.save(made, file_name="made.txt", mime_type="text/plain")
    token_id = await ctx.new_token(timeout_seconds=0.1)
    return {
        "steps": steps[:2],
        "aside": steps[2] != "MainThread",
        "read": (await ctx.files.open(stored.file_id)).read_text(),
        "child": (await ctx.trigger_and_wait("hello-world", 1)).output,
        "batch": [each.output for each in await ctx.batch_trigger_and_wait("hello-world", [2, 3])],
        "alone": [await ctx.trigger("hello-world"), *await ctx.batch_trigger("hello-world", [4])],
        "none": await ctx.batch_trigger_and_wait("hello-world", []),
        "token": (await ctx.wait.token(token_id)).ok,
    }


@task("waits-side-by-side")
async def waits_side_by_side(path: str, ctx: AsyncContext) -> dict[str, Any]:
    """Wait for three things at once, each with something to do after it."""
    diary = Diary(path)

    async def then(word: str, wait: Any) -> Any:
        heard = await wait
        await ctx.step(word, diary.note, word)
        return heard

    diary.note("from-the-top")
    begun = time.time()
    heard = await asyncio.gather(
        then("nap", ctx.wait.seconds(7)),
        then("child", ctx.trigger_and_wait("sleep", {"seconds": 0.3})),
        then("other", ctx.trigger_and_wait("sleep", {"seconds": 0.3})),
        ctx.step("work", diary.note, "work"),
    )
    return {"oks": [each.ok for each in heard[1:3]], "begun": begun}


@task("works-while-it-waits")
async def works_while_it_waits(path: str, ctx: AsyncContext) -> bool:
    """Go on after a child's end while a long step is still under way."""
    diary = Diary(path)

    async def slowly() -> None:
        await asyncio.sleep(6)
        diary.note("worked")

    async def ask() -> bool:
        ended = await ctx.trigger_and_wait("sleep", {"seconds": 0.2})
        await ctx.step("heard", diary.note, "heard")
        await ctx.wait.seconds(1)
        await ctx.step("waited", diary.note, "waited")
        return ended.ok

    _, is_ok = await asyncio.gather(ctx.step("long", slowly), ask())
    return is_ok


@task("async-and-stopped")
async def async_and_stopped(payload: dict[str, str], ctx: AsyncContext) -> None:
    """Be canceled in the middle, and clean up with await; or look, and leave."""
    diary = Diary(payload["path"])
    if payload["how"] == "looks":
        while not ctx.cancelled:
            diary.note("began")
            await asyncio.sleep(0.05)
        diary.note("left")
        return
    try:
        diary.note("began")
        await asyncio.gather(asyncio.sleep(600), ctx.step("long", asyncio.sleep, 600))
    finally:
        await ctx.step("tidy", diary.note, "cleaned")


async def _note_soon(diary: Diary, ctx: AsyncContext, *_: Any) -> None:
    await asyncio.sleep(0)
    await ctx.step("hook", diary.note, "hooked")


@task("async-hooked", hooks=Hooks(on_success=_note_soon))
async def async_hooked(diary: Diary, ctx) -> str:  # type: ignore[no-untyped-def]
    """Have a hook that awaits."""
    return str(await ctx.step("main", diary.note, "main"))


@task("speaks-every-way")
def speaks_every_way(payload: Any, ctx: Context) -> None:
    """Write from Python, from below it, from programs, and through logging, one after the other."""
    print("one")
    os.write(1, b"two\n")
    subprocess.run(["sh", "-c", "echo three; echo four >&2"], check=True)
    ctx.heartbeat()
    ctypes.CDLL(None).printf(b"five\n")
    ctypes.CDLL(None).fflush(None)
    logging.getLogger("band").info("six of %s", "strings")
    logging.getLogger("band").error("seven")
    logging.getLogger("band").debug("not heard")
    warnings.warn("eight", stacklevel=1)
    ctx.log("nine", level="debug")
    os.write(2, b"ten \xff\xfe\0\n")
    print("eleven \ud83d")
    ctypes.CDLL(None).printf(b"twelve, from a buffer of C\n")


@task("floods-in-lines")
def floods_in_lines(lines: int, ctx: Context) -> None:
    """Print very many lines, and one that is very long."""
    for number in range(lines):
        print("line", number)
    print("x" * 3_000_000)


@task("dies-talking")
def dies_talking(payload: Any, ctx: Context) -> None:
    """Reach for memory that is not there, with words on its lips."""
    print("famous last words")
    os.write(2, b"from below\n")
    ctypes.string_at(0)


@task("keeps-the-only-place", concurrency_limit=1)
def keeps_the_only_place(payload: Any, ctx: Context) -> None:
    """Let nobody else in."""
    time.sleep(600)


TOMORROW = Retry(max_attempts=2, min_delay_ms=86_400_000, max_delay_ms=86_400_000)


@task("tries-again-tomorrow", retry=TOMORROW)
def tries_again_tomorrow(payload: Any, ctx: Context) -> None:
    """Fail, and be in no hurry."""
    raise RuntimeError("not today")


@task("must-not-begin-twice", resumable=False)
def must_not_begin_twice(payload: Any, ctx: Context) -> None:
    """Do what only a person may repeat."""
    time.sleep(600)


@task("returns-what-can-not-travel")
def returns_what_can_not_travel(kind: str, ctx: Context) -> Any:
    """Return what looks like JSON and is none."""
    return {"large": 2**70, "text": "half a pair \ud83d", "object": object()}[kind]


@task("waits-in-between")
def waits_in_between(seconds: float, ctx: Context) -> int:
    """Do a step, wait frozen, and go on."""
    first = ctx.step("first", lambda: 1)
    ctx.wait.seconds(seconds)
    return first + 1


@task("says-too-much")
def says_too_much(payload: Any, ctx: Context) -> None:
    """Fill its metadata to the brim, and go on with a small key."""
    for number in range(12):
        ctx.metadata.append("pages", "x" * 30_000)
        ctx.metadata.set("page", number)
    print("x" * 9_500_000)
    print("more than anybody keeps")
    ctx.metadata.set("done", True)


@task("is-killed-when-nearly-full", machine="micro")
def is_killed_when_nearly_full(payload: Any, ctx: Context) -> None:
    """Die as the kernel lets a process die when the machine's memory is full."""
    hoard = bytearray(os.urandom(1024)) * 1024 * 220
    time.sleep(2)
    assert hoard
    os.kill(os.getpid(), signal.SIGKILL)


@task("triggers-while-it-stops")
def triggers_while_it_stops(payload: Any, ctx: Context) -> None:
    """Trigger a run, be stopped, and trigger another one on the way out."""
    ctx.trigger("sleep", {"seconds": 600})
    ctx.metadata.set("began", True)
    try:
        time.sleep(600)
    finally:
        ctx.batch_trigger("sleep", [{"seconds": 600}] * 3)


@task("triggers-with")
def triggers_with(options: dict[str, Any], ctx: Context) -> str:
    """Trigger a run with options of every kind, good and bad."""
    return ctx.trigger("hello-world", 1, TriggerOptions(**options))


@task("triggers-many")
def triggers_many(count: int, ctx: Context) -> list[str]:
    """Trigger a batch of runs that nobody performs today."""
    options = TriggerOptions(delay_until=datetime.now(UTC) + timedelta(days=1))
    return ctx.batch_trigger("hello-world", list(range(count)), options)


@task("waits-for-nothing")
async def waits_for_nothing(payload: Any, ctx: AsyncContext) -> None:
    """Wait for a token that nobody made."""
    await ctx.wait.token("waitpoint_none")
