"""Runs inside a test behave as real ones: steps are kept, files stored, metadata seen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backline.errors import AbortRun, InvalidInput, PayloadInvalid
from backline.sdk import (
    AsyncContext,
    Context,
    Hooks,
    RunFacts,
    RunStopped,
    TriggerOptions,
    task,
)
from backline.testing import StillClock, run_inline


class Note(msgspec.Struct, frozen=True, rename="camel"):
    """A payload and a step's value."""

    note_text: str


def shout(note: Note) -> Note:
    return Note(note.note_text.upper())


@task("testing-copy")
def copy(note: Note, ctx: Context) -> dict[str, str]:
    """Shout twice, keep a file, tell of it."""
    first = ctx.step("shout", shout, note)
    second = ctx.step("shout", shout, Note(first.note_text + "?"))
    path = ctx.workdir / "note.txt"
    path.write_text(second.note_text)
    stored = ctx.files.save(path, file_name="note.txt", mime_type="text/plain")
    ctx.metadata.increment("notes")
    ctx.metadata.increment("notes", 2)
    ctx.log("copied")
    return {"text": ctx.files.open(stored.file_id).read_text()}


@task("testing-async")
async def echo(payload: object, ctx: Context) -> object:
    """Return what came."""
    ctx.metadata.set("seen", payload)
    return payload


def test_a_run_returns_its_output_and_all_that_it_left(tmp_path: Path) -> None:
    """Output, metadata, logs, steps and files are there to be looked at."""
    run = run_inline(copy, {"noteText": "hey"}, workdir=tmp_path)
    assert run.output == {"text": "HEY?"}
    assert run.steps == {"shout": {"noteText": "HEY"}, "shout#2": {"noteText": "HEY?"}}
    assert run.metadata == {"notes": 3, "logs": ["copied"]}
    assert run.metadata_history["notes"] == [1, 3]
    assert run.logs == ["copied"]
    assert run.paths[run.saved[0].file_id].read_text() == "HEY?"


def test_steps_on_record_are_not_done_again(tmp_path: Path) -> None:
    """What is handed in is answered, whatever the function would say."""
    kept = {"shout": {"noteText": "from before"}}
    run = run_inline(copy, {"noteText": "hey"}, steps=kept, workdir=tmp_path)
    assert run.output == {"text": "FROM BEFORE?"}


def test_a_payload_that_does_not_fit_is_refused_as_a_worker_would(tmp_path: Path) -> None:
    """The field is named."""
    with pytest.raises(PayloadInvalid, match="noteText"):
        run_inline(copy, {"noteText": 5}, workdir=tmp_path)


def test_an_async_task_is_awaited(tmp_path: Path) -> None:
    """Both kinds of function run the same way."""
    run = run_inline(echo, {"a": 1}, workdir=tmp_path)
    assert (run.output, run.metadata["seen"]) == ({"a": 1}, {"a": 1})


def test_a_file_that_was_not_handed_in_is_out_of_reach(tmp_path: Path) -> None:
    """The message says how to hand it in."""

    @task("testing-open")
    def look(payload: object, ctx: Context) -> str:
        return str(ctx.files.open("file_x"))

    with pytest.raises(AbortRun, match=r"'file_x'.*run_inline"):
        run_inline(look, {}, workdir=tmp_path)


@task("testing-child")
def child(payload: int, ctx: Context) -> dict[str, Any]:
    """Count itself with its elders; fail when asked to."""
    ctx.metadata.parent.increment("children")
    ctx.metadata.root.append("places", payload)
    ctx.wait.seconds(60)
    if payload < 0:
        raise ValueError("negative")
    return {"tags": ctx.run.tags, "depth": ctx.run.depth, "parent": ctx.run.parent_id}


@task("testing-everything")
def everything(payload: object, ctx: Context) -> dict[str, Any]:
    """Use each call of a context once."""
    ctx.heartbeat()
    ctx.tags.add("night", "drive")
    ctx.output("stderr", "from a program")
    ctx.log("a line", level="warn")
    ctx.wait.seconds(3600)
    ctx.wait.until(datetime(2026, 1, 1, 2, tzinfo=UTC))
    approved = ctx.new_token(timeout_seconds=600)
    ignored = ctx.new_token(timeout_seconds=600)
    return {
        "approved": ctx.wait.token(approved).output,
        "ignored": ctx.wait.token(ignored).ok,
        "one": ctx.trigger_and_wait("testing-child", 1, TriggerOptions(tags=["x"])).output,
        "failed": ctx.trigger_and_wait("testing-child", -1).error,
        "many": [run.ok for run in ctx.batch_trigger_and_wait("testing-child", [2, 3])],
        "ids": [ctx.trigger("testing-child", 4), *ctx.batch_trigger("testing-child", [5, 6])],
        "served": ctx.service("kitchen", {"order": "tea"}),
        "version": ctx.run.version,
        "cancelled": ctx.cancelled,
    }


def test_every_call_of_a_context_works_in_a_test(tmp_path: Path) -> None:
    """Waits, tokens, tags, children, elders' metadata, services: all real but for the waiting."""
    clock = StillClock(datetime(2026, 1, 1, tzinfo=UTC))
    run = run_inline(
        everything,
        None,
        workdir=tmp_path,
        clock=clock,
        tokens={"waitpoint_1": "yes"},
        services={"kitchen": lambda order: [order]},
        run=RunFacts(id="run_1", task_identifier="", account_id="alice", version="v7"),
        metadata={"start": 1},
    )
    told = run.output
    assert (told["approved"], told["ignored"]) == ("yes", False)
    assert told["one"] == {"tags": ["x"], "depth": 1, "parent": "run_1"}
    assert told["failed"] == {"name": "ValueError", "message": "negative"}
    assert told["many"] == [True, True] and len(set(told["ids"])) == 3
    assert told["served"] == [{"order": "tea"}] and told["version"] == "v7"
    assert not told["cancelled"] and not run.is_canceled
    assert run.metadata["children"] == 7 and run.metadata["places"] == [1, -1, 2, 3, 4, 5, 6]
    assert run.metadata["start"] == 1
    assert run.tags == ["night", "drive"]
    assert run.said == [("stderr", "from a program"), ("log", "a line")]
    assert run.waited_seconds == 2 * 3600 + 600 + 7 * 60
    assert clock.now == datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=run.waited_seconds)


def test_waits_and_children_on_record_are_not_done_again(tmp_path: Path) -> None:
    """What a first run left resumes a second one, to the last wait."""
    first = run_inline(child, 1, workdir=tmp_path / "1")
    again = run_inline(child, 1, steps=first.steps, workdir=tmp_path / "2")
    assert (first.waited_seconds, again.waited_seconds) == (60, 0)


@task("testing-once")
def once(payload: object, ctx: Context) -> list[str]:
    """Trigger the same twice under one key, and under one that its run frees by failing."""
    good, bad = TriggerOptions(idempotency_key="a"), TriggerOptions(idempotency_key="b")
    calls = ((1, good), (2, good), (-1, bad), (-2, bad))
    return [ctx.trigger("testing-child", place, options) for place, options in calls]


def test_an_idempotency_key_makes_two_triggers_one_run(tmp_path: Path) -> None:
    """As in real runs; a run that failed frees its key."""
    run = run_inline(once, {}, workdir=tmp_path)
    assert run.output[0] == run.output[1] and len(set(run.output)) == 3
    assert run.parent_metadata["places"] == [1, -1, -2]


def test_a_trigger_that_can_not_be_is_refused(tmp_path: Path) -> None:
    """As in real runs, naming the option."""

    @task("testing-refused")
    def refused(payload: dict[str, Any], ctx: Context) -> str:
        return ctx.trigger("testing-child", 1, TriggerOptions(**payload))

    for options, told in (
        ({"tags": ["account:x"]}, "account:"),
        ({"machine": "huge"}, "'huge'"),
        ({"priority_seconds": -1}, "priority_seconds=-1"),
        ({"delay_seconds": 1, "delay_until": datetime.now(UTC)}, "use one of them"),
    ):
        with pytest.raises(InvalidInput, match=told):
            run_inline(refused, options, workdir=tmp_path)


def test_a_child_is_tested_alone_with_a_parent(tmp_path: Path) -> None:
    """With a parent's id its metadata is the parent's, not its own."""
    facts = RunFacts(id="run_2", task_identifier="", account_id="", parent_id="run_1", depth=1)
    run = run_inline(child, 1, run=facts, workdir=tmp_path)
    assert run.metadata == {}
    assert run.parent_metadata == {"children": 1, "places": [1]}


def test_nobody_waits_for_a_token_that_nobody_completes(tmp_path: Path) -> None:
    """Without a timeout a real run would wait for ever; a test is told."""

    @task("testing-token")
    def waits(payload: object, ctx: Context) -> None:
        ctx.wait.token(ctx.new_token())

    with pytest.raises(AbortRun, match=r"'waitpoint_1'.*run_inline"):
        run_inline(waits, None, workdir=tmp_path)


@pytest.mark.parametrize("looks", [True, False])
def test_a_cancel_is_tested_like_any_call(looks: bool, tmp_path: Path) -> None:
    """After so many calls the run is canceled: a task that looks leaves, another is interrupted."""
    told: list[str] = []

    @task("testing-cancel", hooks=Hooks(on_cancel=lambda *_: told.append("hook")))
    def loops(payload: object, ctx: Context) -> str:
        try:
            while not (looks and ctx.cancelled):
                ctx.heartbeat()
        except RunStopped:
            told.append("interrupted")
            raise
        finally:
            told.append("cleaned up")
        return "left"

    run = run_inline(loops, None, workdir=tmp_path, cancel_after_calls=10)
    assert run.is_canceled and run.output is None
    assert told == [*(() if looks else ("interrupted",)), "cleaned up", "hook"]


def test_an_async_task_has_its_awaited_context(tmp_path: Path) -> None:
    """Steps and waits side by side, in no time: two waits take as long as the longer one."""

    async def slowly(word: str) -> str:
        await asyncio.sleep(0)
        return word.upper()

    @task("testing-gather")
    async def gathers(payload: list[str], ctx: AsyncContext) -> list[Any]:
        words = await asyncio.gather(*(ctx.step(word, slowly, word) for word in payload))
        await asyncio.gather(ctx.wait.seconds(60), ctx.wait.seconds(90))
        ended = await ctx.trigger_and_wait("testing-child", 1)
        return [*words, ended.output["depth"], ctx.cancelled]

    run = run_inline(gathers, ["a", "b"], workdir=tmp_path)
    assert run.output == ["A", "B", 1, False]
    assert run.waited_seconds == 90 + 60
    assert run.metadata["children"] == 1


def test_an_async_task_is_canceled_with_await_in_its_cleanup(tmp_path: Path) -> None:
    """CancelledError is what interrupts it."""
    told: list[str] = []

    @task("testing-async-cancel")
    async def beats(payload: object, ctx: AsyncContext) -> None:
        try:
            while True:
                ctx.heartbeat()
                await asyncio.sleep(0)
        finally:
            told.append(await ctx.step("tidy", lambda: "tidied"))

    assert run_inline(beats, None, workdir=tmp_path, cancel_after_calls=5).is_canceled
    assert told == ["tidied"]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), asyncio.CancelledError()])
def test_a_failure_of_any_kind_is_told_to_its_hook(error: BaseException, tmp_path: Path) -> None:
    """Also one that is no Exception, such as sys.exit()."""
    told: list[object] = []

    @task("testing-failing", hooks=Hooks(on_failure=lambda *given: told.append(given[2])))
    def fails(payload: object, ctx: Context) -> None:
        raise error

    with pytest.raises(type(error)):
        run_inline(fails, None, workdir=tmp_path)
    assert told == [error]


def test_what_a_hook_raises_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is printed, which lands in the run's log."""

    def stumble(*_: object) -> None:
        raise RuntimeError("stumbled")

    @task("testing-stumble", hooks=Hooks(on_start=stumble, on_success=stumble))
    def goes_on(payload: object, ctx: Context) -> str:
        return "done"

    assert run_inline(goes_on, None, workdir=tmp_path).output == "done"
    assert capsys.readouterr().err.count("RuntimeError: stumbled") == 2
