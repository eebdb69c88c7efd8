"""Leases and snapshots of sandboxes, on both databases."""

from __future__ import annotations

import msgspec
import pytest

from backline.clock import now_ms
from backline.db import Database
from backline.errors import Conflict, NotFound
from backline.sandboxes import KeptSnapshot, SandboxRecord, ledger
from tests.cast import Cast


def opened(database: Database, account_id: str) -> SandboxRecord:
    with database.write() as connection:
        return ledger.ensure(connection, account_id)


def kept(sandbox: SandboxRecord, digest: str, *blobs: str) -> KeptSnapshot:
    return ledger.new_snapshot(
        sandbox.id, None, digest=digest, blobs=(digest, *blobs), home_bytes=1, home_entries=1
    )


def test_an_account_has_one_sandbox(database: Database, cast: Cast) -> None:
    """Asked for twice it is the same, and another account has another."""
    first = opened(database, cast.alice.account_id)

    assert opened(database, cast.alice.account_id) == first
    assert opened(database, cast.bob.account_id).id != first.id


def test_one_run_at_a_time_has_the_lease(database: Database, cast: Cast) -> None:
    """A second run gets it when the first gives it back."""
    sandbox = opened(database, cast.alice.account_id)
    with database.write() as connection:
        first = ledger.take(connection, sandbox.id, "run_1")
        assert first is not None
        assert ledger.take(connection, sandbox.id, "run_2") is None
        ledger.release(connection, sandbox.id, first.fence)
        assert ledger.take(connection, sandbox.id, "run_2") is not None


def test_a_run_takes_over_from_itself(database: Database, cast: Cast) -> None:
    """Moved to another worker it goes on at once, and what it was before can write no more."""
    sandbox = opened(database, cast.alice.account_id)
    with database.write() as connection:
        before = ledger.take(connection, sandbox.id, "run_1")
        after = ledger.take(connection, sandbox.id, "run_1")
    assert before is not None
    assert after is not None

    with pytest.raises(Conflict), database.write() as connection:
        ledger.keep_snapshot(connection, sandbox.id, before.fence, kept(sandbox, "old"))
    with database.write() as connection:
        ledger.keep_snapshot(connection, sandbox.id, after.fence, kept(sandbox, "new"))
        found = ledger.find_by_id(connection, sandbox.id)
        assert found is not None
        present = ledger.current_snapshot(connection, found)

    assert present is not None
    assert present.digest == "new"


def test_a_lease_that_is_not_renewed_runs_out(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that vanished holds nobody up for longer than the lease."""
    sandbox = opened(database, cast.alice.account_id)
    with database.write() as connection:
        lease = ledger.take(connection, sandbox.id, "run_1")
    assert lease is not None
    later = lease.sandbox.lease_expires_at + 1
    monkeypatch.setattr(ledger, "now_ms", lambda: later)

    with database.write() as connection:
        assert ledger.take(connection, sandbox.id, "run_2") is not None


def test_an_unchanged_home_keeps_its_snapshot(database: Database, cast: Cast) -> None:
    """The same digest again is the same snapshot, kept for longer."""
    sandbox = opened(database, cast.alice.account_id)
    with database.write() as connection:
        lease = ledger.take(connection, sandbox.id, "run_1")
        assert lease is not None
        first = ledger.keep_snapshot(connection, sandbox.id, lease.fence, kept(sandbox, "same"))
        again = ledger.keep_snapshot(connection, sandbox.id, lease.fence, kept(sandbox, "same"))

    assert again.id == first.id
    assert again.expires_at >= first.expires_at


def test_blobs_go_when_the_last_snapshot_that_needs_them_has_expired(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a younger snapshot shares with an expired one stays."""
    sandbox = opened(database, cast.alice.account_id)
    with database.write() as connection:
        lease = ledger.take(connection, sandbox.id, "run_1")
        assert lease is not None
        old = ledger.keep_snapshot(
            connection, sandbox.id, lease.fence, kept(sandbox, "old", "base", "gone")
        )
    later = old.expires_at + 1
    monkeypatch.setattr(ledger, "now_ms", lambda: later)
    with database.write() as connection:
        lease = ledger.take(connection, sandbox.id, "run_1")
        assert lease is not None
        ledger.keep_snapshot(connection, sandbox.id, lease.fence, kept(sandbox, "new", "base"))

        assert ledger.with_expired(connection, later - 1, 9) == []
        assert ledger.with_expired(connection, later, 9) == [sandbox.id]
        assert ledger.expired_blobs(connection, sandbox.id, later) == ["gone", "old"]
        ledger.forget_expired(connection, sandbox.id, later)
        assert ledger.with_expired(connection, later, 9) == []
        assert [each.digest for each in ledger.snapshots_of(connection, sandbox.id)] == ["new"]


def test_a_home_that_is_brought_back_is_kept_as_long_as_a_new_one(
    database: Database, cast: Cast
) -> None:
    """Otherwise one that is brought back on its last day would be gone on the next."""
    sandbox = opened(database, cast.alice.account_id)
    with database.write() as connection:
        lease = ledger.take(connection, sandbox.id, "run_1")
        assert lease is not None
        nearly = msgspec.structs.replace(kept(sandbox, "old"), expires_at=now_ms() + 60_000)
        old = ledger.keep_snapshot(connection, sandbox.id, lease.fence, nearly)
        ledger.keep_snapshot(connection, sandbox.id, lease.fence, kept(sandbox, "new"))
        ledger.release(connection, sandbox.id, lease.fence)
        ledger.restore(connection, sandbox.id, old.id, keep_ms=9_000_000)
        found = ledger.find_by_id(connection, sandbox.id)
        assert found is not None
        present = ledger.current_snapshot(connection, found)

    assert present is not None
    assert present.id == old.id
    assert present.expires_at > now_ms() + 8_000_000


def test_another_accounts_snapshot_is_not_there(database: Database, cast: Cast) -> None:
    """It can not be restored by its id."""
    alices, bobs = (opened(database, who.account_id) for who in (cast.alice, cast.bob))
    with database.write() as connection:
        lease = ledger.take(connection, alices.id, "run_1")
        assert lease is not None
        hers = ledger.keep_snapshot(connection, alices.id, lease.fence, kept(alices, "hers"))

    with pytest.raises(NotFound), database.write() as connection:
        ledger.restore(connection, bobs.id, hers.id)


def test_a_home_is_not_changed_under_a_run(database: Database, cast: Cast) -> None:
    """While a run has the lease, nothing is restored or emptied."""
    sandbox = opened(database, cast.alice.account_id)
    with database.write() as connection:
        ledger.take(connection, sandbox.id, "run_1")

    with pytest.raises(Conflict), database.write() as connection:
        ledger.forget(connection, sandbox.id)


def test_a_look_at_a_home_keeps_it_for_another_week(database: Database, cast: Cast) -> None:
    """Readers need no lease, and see what was kept last; an empty home is none."""
    sandbox = opened(database, cast.alice.account_id)
    with database.write() as connection:
        assert ledger.look_at(connection, sandbox) is None
        lease = ledger.take(connection, sandbox.id, "run_1")
        assert lease is not None
        early = msgspec.structs.replace(kept(sandbox, "home"), expires_at=now_ms() + 1000)
        ledger.keep_snapshot(connection, sandbox.id, lease.fence, early)
        found = ledger.find_by_id(connection, sandbox.id)
        assert found is not None
        seen = ledger.look_at(connection, found)
        again = ledger.current_snapshot(connection, found)

    assert seen is not None
    assert seen.digest == "home"
    assert seen.expires_at > now_ms() + ledger.RETENTION_MS - 60_000
    assert again == seen
