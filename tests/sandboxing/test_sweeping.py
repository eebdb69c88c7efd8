"""Homes that have expired go, whoever's they were, and with them what storage held."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from backline.clock import now_ms
from backline.db import Database
from backline.errors import BacklineError, NotFound
from backline.sandboxes import ledger
from backline.sandboxing.blobs import blob_key
from backline.sandboxing.sweeping import UNTOUCHED_MS, Sweeper
from backline.settings import Settings
from backline.storage import Store, open_store
from tests.cast import Cast

SHARED, OLD, NEW = ("a" * 64, "b" * 64, "c" * 64)
LONG_AGO_MS = UNTOUCHED_MS + 60_000


@pytest.fixture
def store(settings: Settings) -> Store:
    return open_store(settings.storage_url)


@pytest.fixture
def sandbox_id(database: Database, store: Store, cast: Cast, tmp_path: Path) -> str:
    """A sandbox with a home that expired long ago, and one that has not."""
    local = tmp_path / "blob"
    local.write_text("la la")
    with database.write() as connection:
        record = ledger.ensure(connection, cast.alice.account_id)
        lease = ledger.take(connection, record.id, "run_1")
        assert lease is not None
        for digest, keep_ms in ((OLD, -LONG_AGO_MS), (NEW, 60_000)):
            made = ledger.new_snapshot(
                record.id,
                None,
                digest=digest,
                blobs=(digest, SHARED),
                home_bytes=1,
                home_entries=1,
                keep_ms=keep_ms,
            )
            ledger.keep_snapshot(connection, record.id, lease.fence, made)
        ledger.release(connection, record.id, lease.fence)
    for digest in (OLD, NEW, SHARED):
        store.put_file(blob_key(record.id, digest), local, "application/octet-stream")
    return record.id


def kept_blobs(store: Store, sandbox_id: str) -> set[str]:
    kept = set()
    for digest in (OLD, NEW, SHARED):
        with contextlib.suppress(NotFound):
            store.read_range(blob_key(sandbox_id, digest), 0, 1)
            kept.add(digest)
    return kept


def test_what_only_an_expired_home_needs_goes(
    database: Database, store: Store, sandbox_id: str
) -> None:
    """Without anybody coming back for it; what a younger home shares stays."""
    sweeper = Sweeper(database, store)

    assert sweeper.sweep() == 1
    assert kept_blobs(store, sandbox_id) == {NEW, SHARED}
    assert sweeper.sweep() == 0


def test_a_home_in_use_is_left_for_the_next_look(
    database: Database, store: Store, sandbox_id: str
) -> None:
    """Its run began with what may have expired meanwhile."""
    sweeper = Sweeper(database, store)
    with database.write() as connection:
        lease = ledger.take(connection, sandbox_id, "run_2")
        assert lease is not None
    sweeper.sweep()
    in_use = kept_blobs(store, sandbox_id)
    with database.write() as connection:
        ledger.release(connection, sandbox_id, lease.fence)
    sweeper.sweep()

    assert in_use == {OLD, NEW, SHARED}
    assert kept_blobs(store, sandbox_id) == {NEW, SHARED}


def test_a_storage_that_fails_keeps_the_rows(
    database: Database, store: Store, sandbox_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the next look finds them, and the sandbox is free meanwhile."""

    def fail(_key: str) -> None:
        raise BacklineError("storage did not remove it")

    with monkeypatch.context() as patch:
        patch.setattr(store, "delete", fail)
        with pytest.raises(BacklineError):
            Sweeper(database, store).sweep()
    with database.read() as connection:
        assert ledger.with_expired(connection, now_ms(), 9) == [sandbox_id]
        record = ledger.find_by_id(connection, sandbox_id)
        assert record is not None
        assert not record.is_leased(now_ms())
    Sweeper(database, store).sweep()

    assert kept_blobs(store, sandbox_id) == {NEW, SHARED}
