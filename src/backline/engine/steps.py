"""The finished steps of a run, which nothing does twice.

They are kept in the ledger, by key and not by order: a later attempt, or
another machine, may ask for them in whatever order the task's code now has,
and several may be under way at once.
"""

from __future__ import annotations

from typing import Any

import msgspec

from backline.db import Database
from backline.errors import RunLost
from backline.runs import Attempt, ledger


class StepRecord:
    """What the run has finished so far, JSON text by key, as one attempt sees and extends it."""

    def __init__(self, database: Database, attempt: Attempt, values: dict[str, str]) -> None:
        self._database = database
        self._attempt = attempt
        self._values = values

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __getitem__(self, key: str) -> Any:
        return msgspec.json.decode(self._values[key])

    def keep(self, key: str, value: Any) -> None:
        """Record a finished step; it is durable when this returns.

        Raises `RunLost` when this attempt does not hold the run any more.
        """
        held, text = self._attempt, msgspec.json.encode(value).decode()
        with self._database.write() as connection:
            if not ledger.keep_step(connection, held.run_id, held.id, held.worker_id, key, text):
                raise RunLost(f"run {held.run_id} was taken over while step {key!r} was done")
        self._values[key] = text
