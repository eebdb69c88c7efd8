"""Payloads and results of every kind that authors use, both ways."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from pydantic import BaseModel, Field

from backline import Context, task
from backline.errors import PayloadInvalid, ResultInvalid
from backline.sdk.values import result_of, to_kind, to_plain
from backline.testing import run_inline


class Song(msgspec.Struct):
    title: str
    bars: Annotated[int, msgspec.Meta(ge=1)] = 8


@dataclass
class Mix:
    song: Song
    gain_db: float


class Release(BaseModel):
    name: str
    tracks: list[int] = Field(default_factory=list, max_length=3)


class Label(msgspec.Struct):
    releases: list[Release]


KINDS = [
    (Song, {"title": "Ünder", "bars": 4}, Song("Ünder", 4)),
    (Mix, {"song": {"title": "x", "bars": 8}, "gain_db": -3.5}, Mix(Song("x"), -3.5)),
    (Release, {"name": "first", "tracks": [1, 2]}, Release(name="first", tracks=[1, 2])),
    (Label, {"releases": [{"name": "a", "tracks": []}]}, Label([Release(name="a")])),
    (dict[str, int], {"a": 1}, {"a": 1}),
    (list[Mix], [{"song": {"title": "y", "bars": 8}, "gain_db": 0.0}], [Mix(Song("y"), 0.0)]),
    (datetime, "2026-11-23T09:30:00Z", datetime(2026, 11, 23, 9, 30, tzinfo=UTC)),
    (Any, {"whatever": [None, True]}, {"whatever": [None, True]}),
]


@pytest.mark.parametrize(("kind", "plain", "value"), KINDS, ids=lambda each: str(each)[:30])
def test_a_value_goes_there_and_back(kind: Any, plain: Any, value: Any) -> None:
    """What JSON says becomes the author's type, and the other way round."""
    assert to_kind(plain, kind) == value
    assert to_plain(value) == plain


def echoing(kind: Any, result: Callable[[Any], Any] = lambda payload: payload) -> Any:
    """Make a task whose payload and result are of a kind."""

    def echo(payload: Any, ctx: Context) -> Any:
        return result(payload)

    echo.__annotations__ |= {"payload": kind, "return": kind}
    return task("values-echo")(echo)


@pytest.fixture(autouse=True)
def no_tasks_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test may define its own task of the same name."""
    from backline.sdk import registry

    monkeypatch.setattr(registry, "_tasks", {})


@pytest.mark.parametrize(("kind", "plain", "value"), KINDS, ids=lambda each: str(each)[:30])
def test_a_task_takes_and_gives_every_kind(
    kind: Any, plain: Any, value: Any, tmp_path: Path
) -> None:
    """Validated on the way in and on the way out."""
    assert run_inline(echoing(kind), plain, workdir=tmp_path).output == plain


@pytest.mark.parametrize(
    ("kind", "payload", "field"),
    [
        (Song, {"title": 5}, "$.title"),
        (Song, {"title": "x", "bars": 0}, "$.bars"),
        (Mix, {"song": {"title": "x", "bars": "y"}, "gain_db": 1}, "$.song.bars"),
        (Release, {"name": "x", "tracks": [1, "two"]}, "tracks.1"),
        (Release, {"tracks": []}, "name"),
        (Label, {"releases": [{"name": "x", "tracks": [1, 2, 3, 4]}]}, "tracks"),
        (Annotated[int, msgspec.Meta(le=3)], 4, "<= 3"),
    ],
)
def test_a_payload_that_does_not_fit_names_the_field(
    kind: Any, payload: Any, field: str, tmp_path: Path
) -> None:
    """Whichever library declares the type."""
    with pytest.raises(PayloadInvalid) as refusal:
        run_inline(echoing(kind), payload, workdir=tmp_path)
    assert field in str(refusal.value) and "'values-echo'" in str(refusal.value)


@pytest.mark.parametrize(
    ("kind", "result", "told"),
    [
        (Song, {"title": 5}, "$.title"),
        (dict[str, int], {"a": "b"}, "$[...]"),
        (Any, Path("/tmp"), "PosixPath is not JSON"),
        (Any, {"deep": [object()]}, "object is not JSON"),
        (Any, lambda: None, "function is not JSON"),
    ],
)
def test_a_result_that_does_not_fit_says_so_plainly(
    kind: Any, result: Any, told: str, tmp_path: Path
) -> None:
    """The message names the field, or the type that is no JSON, and the task."""
    failing = echoing(Any, lambda _: result)
    failing.function.__annotations__["return"] = kind
    with pytest.raises(ResultInvalid) as refusal:
        run_inline(failing, None, workdir=tmp_path)
    assert told in str(refusal.value) and "task 'values-echo' returned" in str(refusal.value)


def test_a_value_that_contains_itself_is_refused() -> None:
    """Without going round for ever."""
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(ResultInvalid, match="contains itself"):
        result_of(echoing, ring, "step 'ring'")


def test_a_step_says_which_it_is(tmp_path: Path) -> None:
    """A step that returns what is no JSON is named; nothing is kept of it."""

    @task("values-step")
    def stepping(payload: Any, ctx: Context) -> None:
        ctx.step("open", lambda: Path("/tmp").stat)

    with pytest.raises(ResultInvalid, match="step 'open' returned what is not JSON"):
        run_inline(stepping, None, workdir=tmp_path)


def test_a_step_gives_back_the_kind_it_announces(tmp_path: Path) -> None:
    """A pydantic model, too, is one again when it is answered from the record."""

    def make() -> Release:
        return Release(name="first")

    @task("values-revived")
    def revived(payload: Any, ctx: Context) -> str:
        return ctx.step("make", make).name

    done = run_inline(revived, None, workdir=tmp_path)
    assert done.output == "first"
    again = run_inline(revived, None, steps={"make": {"name": "kept"}}, workdir=tmp_path)
    assert again.output == "kept"


def test_an_annotation_that_json_does_not_know_is_let_be(tmp_path: Path) -> None:
    """`object`, a class of one's own: only the type checker cares."""
    assert run_inline(echoing(object), {"a": 1}, workdir=tmp_path).output == {"a": 1}


def test_no_number_becomes_null(tmp_path: Path) -> None:
    """JSON has no word for it."""
    assert msgspec.json.encode(to_plain({"level": math.nan})) == b'{"level":null}'
