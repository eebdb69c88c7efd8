from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from backline import Context, task
from backline.errors import PayloadInvalid
from backline.sdk import Task, TaskFacts, registry
from backline.sdk.registry import Registry

X = TaskFacts(identifier="x")


class Order(msgspec.Struct):
    song: str
    loud: bool = False


@dataclass
class Mix:
    song: str
    gain_db: float


@task("test-master")
def master(payload: Order, ctx: Context) -> Mix:
    return Mix(payload.song, 3.0)


@task("test-plain")
def plain(payload, ctx):  # type: ignore[no-untyped-def]
    return payload


def test_a_decorated_function_is_registered_and_still_callable() -> None:
    """The decorator announces the task and leaves it easy to call in a test."""
    assert registry.get("test-master") is master
    assert master(Order("x"), None).gain_db == 3.0  # type: ignore[arg-type]


def test_a_payload_becomes_the_annotated_type() -> None:
    """Plain JSON turns into what the function asks for."""
    assert master.read_payload({"song": "x", "loud": True}) == Order("x", True)
    assert plain.read_payload({"any": [1]}) == {"any": [1]}


@pytest.mark.parametrize(
    ("payload", "field"),
    [({}, "song"), ({"song": 1}, "$.song"), ({"song": "x", "loud": 2}, "$.loud")],
)
def test_a_payload_that_does_not_fit_names_the_field(payload: Any, field: str) -> None:
    """The error tells the caller where to look."""
    with pytest.raises(PayloadInvalid, match="test-master") as refusal:
        master.read_payload(payload)
    assert field in str(refusal.value)


def test_an_output_becomes_plain_json() -> None:
    """Dataclasses and Structs leave as dictionaries."""
    assert master.write_output(Mix("x", 1.5)) == {"song": "x", "gain_db": 1.5}


@pytest.mark.parametrize("name", ["", "-x", "with space", "ü", "x" * 129])
def test_a_bad_name_is_refused(name: str) -> None:
    """Names go into URLs and queue names."""
    with pytest.raises(ValueError, match="task name"):
        task(name)


def test_a_name_belongs_to_one_function() -> None:
    """Two functions of one name are a mistake that is told at import."""
    known = Registry()
    known.add(Task(function=master.function, facts=X))
    known.add(Task(function=master.function, facts=X))
    with pytest.raises(ValueError, match="defined twice"):
        known.add(Task(function=plain.function, facts=X))
