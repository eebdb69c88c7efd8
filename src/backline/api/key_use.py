"""Notes when a key was last used, beside the requests and never in their way."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor

from backline.accounts import Caller, touch_key
from backline.db import Database

log = logging.getLogger(__name__)


class KeyUse:
    """Writes the notes in a thread of its own, one per key and minute."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="key-use")
        self._under_way: set[str] = set()

    def note(self, caller: Caller) -> None:
        """Remember that the caller's key was used now, if that is due. Returns at once."""
        key_id = caller.key_id
        if key_id is None or not caller.is_touch_due or key_id in self._under_way:
            return
        self._under_way.add(key_id)
        self._writer.submit(self._write, key_id).add_done_callback(_log_failure)

    def close(self) -> None:
        """Write what is still to be written."""
        self._writer.shutdown()

    def _write(self, key_id: str) -> None:
        try:
            with self._database.write() as connection:
                touch_key(connection, key_id)
        finally:
            self._under_way.discard(key_id)


def _log_failure(writing: Future[None]) -> None:
    problem = writing.exception()
    if problem is not None:
        log.warning("the last use of a key was not noted: %s", type(problem).__name__)
