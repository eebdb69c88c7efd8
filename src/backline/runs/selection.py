"""Runs by what they have in common: whose they are, where they stand, what they are called."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from backline.clock import TimestampMs
from backline.db import Connection
from backline.ids import AccountId, RunId, earliest_id
from backline.runs.status import RunStatus
from backline.runs.tables import run_tags, runs


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What runs must have to be meant; what is left open does not matter."""

    account_id: AccountId | None = None
    statuses: frozenset[RunStatus] | None = None
    """Any of these."""
    task_identifiers: frozenset[str] | None = None
    """Any of these."""
    tags: frozenset[str] | None = None
    """Any of these."""
    created_from: TimestampMs | None = None
    created_to: TimestampMs | None = None
    """Both ends are included."""
    before: RunId | None = None
    """Only runs that were there when this id was drawn."""


def count(connection: Connection, selection: Selection, after: RunId | None = None) -> int:
    """Count the runs that are meant, from behind one on."""
    statement = sa.select(sa.func.count()).select_from(runs).where(*_conditions(selection))
    if after is not None:
        statement = statement.where(runs.c.id > after)
    return connection.execute(statement).scalar_one()


def page(
    connection: Connection, selection: Selection, after: RunId | None, most: int
) -> list[RunId]:
    """Return the oldest of the runs that are meant, from behind one on."""
    statement = sa.select(runs.c.id).where(*_conditions(selection))
    if after is not None:
        statement = statement.where(runs.c.id > after)
    return list(connection.execute(statement.order_by(runs.c.id).limit(most)).scalars())


def _conditions(selection: Selection) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [sa.true()]
    if selection.account_id is not None:
        found.append(runs.c.account_id == selection.account_id)
    if selection.statuses is not None:
        found.append(runs.c.status.in_(sorted(selection.statuses)))
    if selection.task_identifiers is not None:
        found.append(runs.c.task_identifier.in_(sorted(selection.task_identifiers)))
    if selection.tags is not None:
        tagged = sa.select(run_tags.c.run_id).where(run_tags.c.tag.in_(sorted(selection.tags)))
        found.append(runs.c.id.in_(tagged))
    # Ids begin with the time, so a span of time is a span of the primary key.
    if selection.created_from is not None:
        found.append(runs.c.id >= earliest_id("run", selection.created_from))
    if selection.created_to is not None:
        found.append(runs.c.id < earliest_id("run", selection.created_to + 1))
    if selection.before is not None:
        found.append(runs.c.id < selection.before)
    return found
