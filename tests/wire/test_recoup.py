"""What travels: names as the contract has them, and nothing that is not there."""

from __future__ import annotations

import msgspec
import pytest

from backline.wire import recoup
from backline.wire.orders import TriggerTask
from backline.wire.recoup import ContentOrder, ContentTriggered, Problem


def test_every_struct_says_what_it_is() -> None:
    """Docstrings become the descriptions of the schemas."""
    structs = [one for one in vars(recoup).values() if isinstance(one, type(msgspec.Struct))]
    ours = [one for one in structs if one.__module__ == recoup.__name__]
    assert len(ours) > 15
    assert all(one.__doc__ and one.__doc__.rstrip().endswith(".") for one in ours)


def test_a_problem_without_a_field_does_not_name_one() -> None:
    """Clients look for `error`; `field` is there only when one is wrong."""
    plain = Problem(status="error", error="no")
    assert msgspec.json.encode(plain) == b'{"status":"error","error":"no"}'


def test_the_ids_of_triggered_runs_keep_their_name() -> None:
    """One camel-case name among others, as existing clients read it."""
    answer = ContentTriggered(
        run_ids=["run_x"], status="triggered", artist_account_id="a", template="t", lipsync=False
    )
    assert b'"runIds":["run_x"]' in msgspec.json.encode(answer)


def test_an_order_written_by_a_client_is_read_by_the_server() -> None:
    """Both sides share the shapes, so every field makes the way."""
    order = ContentOrder(artist_account_id="a", songs=["x"], caption_length="long", seed=5)
    assert msgspec.json.decode(msgspec.json.encode(order), type=ContentOrder) == order
    task = TriggerTask(task_identifier="t", payload={"a": 1}, account_id="b")
    assert msgspec.json.decode(msgspec.json.encode(task), type=TriggerTask) == task


@pytest.mark.parametrize("text", ["1", "1.0", '"1"', "true"])
def test_values_are_read_strictly(text: str) -> None:
    """A number in quotes is no number, and true is not one."""
    body = f'{{"artist_account_id":"a","batch":{text}}}'
    if text == "1":
        assert msgspec.json.decode(body, type=ContentOrder).batch == 1
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(body, type=ContentOrder)
