"""Forgetting homes: snapshots that have expired go, also those of accounts that never came back.

What storage holds of them goes first, and their rows last: whatever is
interrupted is found again by the next look, on this worker or another.
"""

from __future__ import annotations

from typing import Final

from backline.clock import now_ms
from backline.db import Database
from backline.ids import new_id
from backline.rounds import BATCH
from backline.sandboxes import ledger
from backline.sandboxing.blobs import blob_key
from backline.storage import Store

UNTOUCHED_MS: Final = 3600 * 1000
"""Nothing goes so soon after it has expired: somebody may have come at the last moment."""


class Sweeper:
    """Looks for what has expired; any number of workers may."""

    def __init__(self, database: Database, store: Store) -> None:
        self._database = database
        self._store = store

    def sweep(self) -> int:
        """Remove what has expired of some sandboxes. Returns how many there were."""
        with self._database.read() as connection:
            found = ledger.with_expired(connection, now_ms() - UNTOUCHED_MS, BATCH)
        for sandbox_id in found:
            self._sweep_one(sandbox_id)
        return len(found)

    def _sweep_one(self, sandbox_id: str) -> None:
        """Sweep a sandbox while nobody else is in it; one in use waits for the next look."""
        with self._database.write() as connection:
            lease = ledger.take(connection, sandbox_id, new_id("sweep"))
        if lease is None:
            return
        try:
            self._remove_expired(sandbox_id)
        finally:
            with self._database.write() as connection:
                ledger.release(connection, sandbox_id, lease.fence)

    def _remove_expired(self, sandbox_id: str) -> None:
        before = now_ms() - UNTOUCHED_MS
        with self._database.read() as connection:
            useless = ledger.expired_blobs(connection, sandbox_id, before)
        for digest in useless:
            self._store.delete(blob_key(sandbox_id, digest))
        with self._database.write() as connection:
            ledger.forget_expired(connection, sandbox_id, before)
