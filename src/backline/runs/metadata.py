"""The JSON beside a run: what may be done to it, and the one way to do it.

A run, its children and callers may all change the same metadata at the same
time. So nobody writes the whole of it: a change is an operation on one key, and
the operations are carried out on what the ledger holds at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from backline.clock import now_ms
from backline.db import Connection
from backline.errors import TooLarge
from backline.ids import AttemptId, RunId
from backline.runs.status import FINAL
from backline.runs.tables import runs

MOST_METADATA_BYTES = 256 * 1024
"""As JSON text; Trigger.dev's limit."""
OPEN_AFTER_END_MS = 10 * 60 * 1000
"""How long the metadata of a finished run may still be changed; as in Trigger.dev."""


class MetadataOperation(msgspec.Struct, frozen=True):
    """One change of one key."""

    operation: Literal["set", "append", "remove", "increment", "delete"]
    key: str
    value: Any = None

    def change(self, values: dict[str, Any]) -> None:
        """Carry it out on these values. A value of the wrong kind is made to fit, never an error."""
        held = values.get(self.key)
        match self.operation:
            case "set":
                values[self.key] = self.value
            case "append":
                values[self.key] = [*_as_list(held), self.value]
            case "remove":
                values[self.key] = [item for item in _as_list(held) if item != self.value]
            case "increment":
                values[self.key] = _as_number(held) + self.value
            case "delete":
                values.pop(self.key, None)


def change_metadata(
    connection: Connection,
    run_id: RunId,
    operations: Iterable[MetadataOperation],
    holder: tuple[AttemptId, str] | None = None,
) -> bool:
    """Carry operations out on a run's metadata, however many others do so meanwhile.

    With ``holder`` only while that attempt on that worker has the run. Returns
    False when there is no such run, or it ended more than ten minutes ago.
    Raises ``TooLarge`` when the metadata would outgrow its limit; then nothing
    is changed.
    """
    values = _lock(connection, run_id, holder)
    if values is None:
        return False
    for operation in operations:
        operation.change(values)
    size = _size(values)
    if size > MOST_METADATA_BYTES:
        raise TooLarge(
            f"the metadata of run {run_id} would take {size} bytes of at most "
            f"{MOST_METADATA_BYTES}: keep large things in files"
        )
    _write(connection, run_id, values)
    return True


def change_what_fits(
    connection: Connection,
    run_id: RunId,
    operations: Iterable[MetadataOperation],
    holder: tuple[AttemptId, str] | None = None,
) -> list[str]:
    """Carry out the operations that leave the metadata small enough; return the other keys."""
    values = _lock(connection, run_id, holder)
    if values is None:
        return []
    left_out: dict[str, None] = {}
    for operation in operations:
        changed = dict(values)
        operation.change(changed)
        # What a key was denied once it is denied again: a list without a middle helps nobody.
        if operation.key not in left_out and _size(changed) <= MOST_METADATA_BYTES:
            values = changed
        else:
            left_out[operation.key] = None
    _write(connection, run_id, values)
    return list(left_out)


_LOCKED = (
    sa.select(runs.c.metadata)
    .where(
        runs.c.id == sa.bindparam("run_id"),
        sa.or_(
            runs.c.status.not_in([status.value for status in FINAL]),
            runs.c.finished_at > sa.bindparam("since"),
        ),
    )
    # SQLite, which knows no such clause, has one writer anyway.
    .with_for_update()
)
_LOCKED_WHILE_HELD = _LOCKED.where(
    runs.c.attempt_id == sa.bindparam("attempt"), runs.c.worker_id == sa.bindparam("worker")
)
_WRITE = (
    sa.update(runs)
    .where(runs.c.id == sa.bindparam("run_id"))
    .values(metadata=sa.bindparam("text"), updated_at=sa.bindparam("now"))
)


def _lock(
    connection: Connection, run_id: RunId, holder: tuple[AttemptId, str] | None
) -> dict[str, Any] | None:
    """Return the metadata as it is, and let nobody else change it until the commit."""
    values = {"run_id": run_id, "since": now_ms() - OPEN_AFTER_END_MS}
    if holder is None:
        row = connection.execute(_LOCKED, values).first()
    else:
        values |= {"attempt": holder[0], "worker": holder[1]}
        row = connection.execute(_LOCKED_WHILE_HELD, values).first()
    return None if row is None else msgspec.json.decode(row.metadata or "{}", type=dict[str, Any])


def _write(connection: Connection, run_id: RunId, values: dict[str, Any]) -> None:
    text = msgspec.json.encode(values).decode()
    connection.execute(_WRITE, {"run_id": run_id, "text": text, "now": now_ms()})


def _size(values: dict[str, Any]) -> int:
    return len(msgspec.json.encode(values))


def _as_list(held: Any) -> list[Any]:
    if held is None:
        return []
    return held if isinstance(held, list) else [held]


def _as_number(held: Any) -> float:
    return held if isinstance(held, (int, float)) and not isinstance(held, bool) else 0
