"""Runs inside a test behave as real ones: steps are kept, files stored, metadata seen."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from backline.errors import AbortRun, PayloadInvalid
from backline.sdk import Context, task
from backline.testing import run_inline


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
