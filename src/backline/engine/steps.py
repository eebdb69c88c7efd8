"""The finished steps of a run, which nothing does twice. DBOS keeps them.

DBOS matches steps by their order. A task may ask for its steps in another
order after a crash (a later attempt skips what an earlier one finished), so
the record is first replayed whole, in the order in which it was written; from
then on every new step is appended.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dbos import DBOS


class StepRecord:
    """The values of a run's finished steps, by key. Lives inside the engine's workflow."""

    def __init__(self, finished: Iterable[str]) -> None:
        self._values = {key: DBOS.run_step({"name": key}, _replay, key) for key in finished}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def keep(self, key: str, value: Any) -> None:
        """Record a finished step. It is durable when this returns."""
        self._values[key] = DBOS.run_step({"name": key}, lambda: value)


def _replay(key: str) -> Any:
    """Never called for a recorded step: DBOS answers from the record instead."""
    raise RuntimeError(f"step {key!r} was listed as finished, but its value is not on record")
