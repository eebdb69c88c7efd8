"""The schema of a payload says what the task would take, and refuses nothing else."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import jsonschema_rs
import msgspec
import pytest

from backline import Context, task
from backline.sdk.schema import MOST_BYTES, schema_of
from backline.sdk.values import to_kind


class Song(msgspec.Struct, rename="camel"):
    """A song, as a msgspec Struct."""

    file_id: str
    start_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0


@dataclasses.dataclass
class Order:
    """An order, as a dataclass."""

    songs: list[Song]
    note: str | None = None


class Odd:
    """A kind that only the author's code can read."""


class Mixed(msgspec.Struct):
    """Some of it can be said, some can not."""

    count: int
    odd: Odd | None = None


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Song, {"fileId": "f"}),
        (Song, {"fileId": "f", "startSeconds": 3, "unknown": 1}),
        (Song, {"file_id": "f"}),
        (Song, {"fileId": "f", "startSeconds": -1}),
        (Song, None),
        (Order, {"songs": [{"fileId": "f"}]}),
        (Order, {"songs": [{"fileId": "f"}, {"fileId": 7}]}),
        (Order, {"songs": [], "note": 3}),
        (Decimal, 1.5),
        (Decimal, "1.5"),
        (Decimal, None),
        (datetime, "2026-11-23T09:00:00Z"),
        (datetime, 5),
        (set[int], [1, 1]),
        (tuple[int, str], [1, "a"]),
        (tuple[int, str], [1]),
        (int | None, None),
        (bool, "true"),
        (dict[str, int], {"a": 1}),
        (dict[str, int], {"a": "1"}),
        (Mixed, {"count": "1"}),
        (Mixed, {"count": 1, "odd": None}),
    ],
)
def test_the_schema_agrees_with_the_task(kind: Any, payload: Any) -> None:
    """What the task's own check takes, the schema takes, and the other way round."""
    schema = schema_of(kind)
    assert schema is not None
    try:
        to_kind(payload, kind)
        fits = True
    except ValueError:
        fits = False
    assert jsonschema_rs.validator_for(schema).is_valid(payload) is fits


@pytest.mark.parametrize("kind", [Any, object, dict[str, Any]])
def test_a_kind_that_takes_anything_refuses_nothing(kind: Any) -> None:
    """Either there is no schema, or it lets all through that the task would."""
    schema = schema_of(kind)
    assert schema is None or jsonschema_rs.validator_for(schema).is_valid({"a": [1, None]})


def test_a_schema_of_unreasonable_size_is_kept_back() -> None:
    """The task then checks alone."""
    fields = [(f"field_{number}_{'x' * 100}", int) for number in range(MOST_BYTES // 100)]
    assert schema_of(msgspec.defstruct("Huge", fields)) is None


def test_a_task_announces_its_schema_or_nothing() -> None:
    """An annotation that means nothing here is no reason not to announce the task."""

    @task("schema-said")
    def said(payload: Song, ctx: Context) -> None: ...

    @task("schema-unsaid")
    def unsaid(payload: Any, ctx: Context) -> None: ...

    unsaid.function.__annotations__["payload"] = "NoSuchName"
    schema = said.announced().payload_schema
    assert schema is not None and "fileId" in str(schema)
    assert unsaid.announced().payload_schema is None
